import type { Env } from "../env.ts";
import { type Log, thrown } from "../log.ts";
import { directoryOf } from "../rooms.ts";

/** A room's line to the list of runs. It asks for a stub each time: one that is kept would outlive a directory that was reset. */
export class DirectoryLine {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #logger: Log;
  /** What is being told. */
  #telling: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Env, logger: Log) {
    this.#ctx = ctx;
    this.#env = env;
    this.#logger = logger;
  }

  /** Nobody waits for it: a list that was not told is told the next time. @param summary JSON */
  tell(run: string, summary: string): void {
    const told = directoryOf(this.#env)
      .put(summary)
      .catch((error) => this.#logger("warning", "the directory was not told", { run, ...thrown(error) }));
    this.#telling = Promise.all([this.#telling, told]);
    this.#ctx.waitUntil(told);
  }

  /** Takes a run off the list, after all that was told of it: the other way round it would stand there again. */
  async remove(run: string): Promise<void> {
    await this.#telling;
    await directoryOf(this.#env).remove(run);
  }
}
