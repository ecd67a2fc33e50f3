import { DurableObject } from "cloudflare:workers";
import type { Claims, Result, RunSummary, TokenRecord } from "../../protocol/index.ts";
import type { RunScope } from "../auth/grant.ts";
import type { Env } from "../env.ts";
import { createLog, type Log, thrown } from "../log.ts";
import { RunList, type RunPlace } from "./run-list.ts";
import { openTables } from "./schema.ts";
import { type Arrival, type Caller, type MadeToken, TokenBook } from "./token-book.ts";

/** A room that could not be told of a revocation is told again after this long. */
const TELL_AGAIN_MS = 5000;

/** What is known of all runs. One object for a relay: rooms tell it when something that the list shows has changed, never at each event. */
export class Directory extends DurableObject<Env> {
  readonly #runs: RunList;
  readonly #tokens: TokenBook;
  readonly #logger: Log;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    openTables(ctx.storage.sql);
    this.#runs = new RunList(ctx.storage.sql);
    this.#tokens = new TokenBook(ctx.storage.sql);
    this.#logger = createLog(env.RUNCAST_LOG_LEVEL, { object: "directory" });
  }

  /** @param text a {@link RunSummary} as JSON */
  async put(text: string): Promise<void> {
    this.#runs.put(text);
  }

  /** @returns the runs that a token reaches as JSON summaries, newest first, at most `limit`, those after a place in that order */
  async list(scope: RunScope, limit: number, after: RunPlace | null): Promise<string[]> {
    return this.#runs.list(scope, limit, after);
  }

  /** @returns the newest run that a token reaches, null where there is none */
  async newest(scope: RunScope): Promise<string | null> {
    const [summary] = this.#runs.list(scope, 1, null);
    return summary === undefined ? null : (JSON.parse(summary) as RunSummary).run;
  }

  /** @returns the runs for which a token was revoked, as patterns */
  async revokedFor(jti: string): Promise<string[]> {
    return this.#tokens.revokedFor(jti);
  }

  /** A token comes to a run (AC4, AC6); `produces`: as a producer, which may begin it. */
  async arrive(arrival: Arrival, produces: boolean): Promise<Result<null>> {
    return this.#tokens.arrive(arrival, { produces, listed: this.#runs.has(arrival.run) }, seconds());
  }

  async add(token: MadeToken): Promise<Result<null>> {
    return this.#tokens.add(token, seconds());
  }

  async tokens(scope: RunScope): Promise<TokenRecord[]> {
    return this.#tokens.list(scope, seconds());
  }

  async shares(run: string): Promise<TokenRecord[]> {
    return this.#tokens.shares(run, seconds());
  }

  async share(run: string, jti: string): Promise<TokenRecord | null> {
    return this.#tokens.share(run, jti, seconds());
  }

  /** Revokes a token for some runs. Returns when every room that it has touched has closed its sockets, or will be told again. */
  async revoke(jti: string, runs: Claims["runs"], by: Caller): Promise<Result<null>> {
    const result = this.#tokens.revoke(jti, runs, by, seconds());
    if (result.ok) await this.#tellRooms();
    return result;
  }

  /** A run was deleted, with everything that its room had. Links to it end. */
  async remove(run: string): Promise<void> {
    this.#runs.remove(run);
    this.#tokens.forgetRun(run, seconds());
    await this.#tellRooms();
  }

  override async alarm(): Promise<void> {
    await this.#tellRooms();
  }

  async #tellRooms(): Promise<void> {
    await Promise.all(
      this.#tokens.untold().map(async ({ jti, run }) => {
        try {
          await this.env.RUN_ROOM.get(this.env.RUN_ROOM.idFromName(run)).revoke(jti);
          this.#tokens.told(jti, run);
        } catch (error) {
          this.#logger("warning", "a room was not told of a revoked token", { run, ...thrown(error) });
        }
      }),
    );
    if (this.#tokens.untold().length > 0) await this.ctx.storage.setAlarm(Date.now() + TELL_AGAIN_MS);
  }
}

/** Since 1970. */
function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
