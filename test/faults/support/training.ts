import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runcast, type Started } from "../../e2e/support/runcast.ts";
import { childrenOf } from "../../support/processes.ts";
import type { Relay } from "../../support/relay.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { atEnd } from "./at-end.ts";

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const TRAINERS = { talking: [process.execPath, here("trainer.ts")], obedient: ["python3", here("obedient.py")] };

/** From one line to the next. */
const EVERY_MS = 20;

/** `runcast run` with a trainer that talks. */
export type Training = Started & {
  /** How many lines the trainer has printed; the last may be on its way. */
  produced(): number;
  /** The id of the agent's process; waits for one other than `not`. */
  agent(not?: number): Promise<number>;
  trainer(): Promise<number>;
  readonly folder: string;
  /** Lets the trainer end by itself, and waits until `runcast run` has ended. @returns its exit code */
  finish(): Promise<number | null>;
};

/** `env` is for `runcast run` and everything under it; a secret in it counts instead of a token of the relay's making. `folder` holds the spool. */
type TrainOptions = { trainer?: keyof typeof TRAINERS; stream?: string; folder?: string; env?: Record<string, string> };

export async function train(
  relay: Relay,
  run: string,
  { trainer = "talking", stream = "main", folder = newFolder(), env = {} }: TrainOptions = {},
): Promise<Training> {
  const truth = join(folder, `truth-${stream}`);
  const command = ["--", ...TRAINERS[trainer], truth, String(EVERY_MS), stream];
  const access: Record<string, string> = env.RUNCAST_SECRET ? {} : { RUNCAST_TOKEN: await relay.token("agent", run) };
  const started = runcast(["run", "--run", run, ...command], folder, { RUNCAST_RELAY: relay.url, ...access, ...env });
  const stop = () => writeFileSync(`${truth}.stop`, "");
  atEnd(stop);
  const child = (what: string, wanted: (command: string) => boolean, not?: number) => {
    const find = () => childrenOf(started.child.pid).find(({ pid, command }) => pid !== not && wanted(command))?.pid;
    return until(find, { what, timeout_ms: 20_000 });
  };
  return {
    ...started,
    folder,
    produced: () => statSync(truth, { throwIfNoEntry: false })?.size ?? 0,
    agent: (not) => child("the agent", (line) => line.includes("_agent"), not),
    trainer: () => child("the trainer", (line) => line.includes(truth)),
    finish: async () => {
      stop();
      return (await started.exited).code;
    },
  };
}

function newFolder(): string {
  const folder = temporaryFolder();
  atEnd(folder.remove);
  return folder.path;
}
