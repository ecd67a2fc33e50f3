import {
  CLOCK_LEEWAY_S,
  type Claims,
  coversRun,
  failure,
  REVOCATIONS_MAX,
  type Result,
  RUNS_PER_TOKEN,
  SHARES_PER_RUN,
  TOKEN_LIFETIME_MAX_S,
  TOKENS_LISTED_MAX,
  TOKENS_PER_SCOPE,
  type TokenRecord,
} from "../../protocol/index.ts";
import { type RunScope, reachesRuns } from "../auth/grant.ts";
import type { SqlPort, SqlValue } from "../run/storage/sql-port.ts";

/** A token at the door of a run. */
export type Arrival = Pick<Claims, "sub" | "exp"> & { jti?: string | null; run: string };

/** A token that was made here. `maker`: the runs of whoever made it. `share`: the run that it is a link to, null for a token by itself. */
export type MadeToken = { record: Omit<TokenRecord, "revoked">; maker: Claims["runs"]; share: string | null; exp: number };

/** No token is good for longer, so no revocation has to be kept for longer. */
const LONGEST_S = Math.max(...Object.values(TOKEN_LIFETIME_MAX_S));
const SWEEP_EVERY_S = 24 * 3600;

/**
 * Tokens beyond what their signatures say: which were made here, which were revoked, and which runs each has touched, so that a
 * revocation can follow it there. What would have ended by itself is forgotten. Times are seconds since 1970.
 */
export class TokenBook {
  readonly #sql: SqlPort;
  #sweptAt = 0;

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  /** Lists a token that is about to be given out. @returns a failure where the list is full */
  add({ record, maker, share, exp }: MadeToken, now: number): Result<null> {
    this.#sweep(now);
    const scope = scopeText(maker);
    if (share !== null && this.#count("tokens WHERE run = ?", share) >= SHARES_PER_RUN) {
      return failure("limit_reached", `this run has ${SHARES_PER_RUN} links already: revoke one that nobody needs`);
    }
    if (share === null && this.#isFull("tokens", "run IS NULL AND maker", scope, TOKENS_LISTED_MAX)) {
      return failure("limit_reached", "there are too many tokens that are still good: revoke some, or let some end");
    }
    const insert = "INSERT INTO tokens (jti, run, maker, record, ends) VALUES (?, ?, ?, ?, ?)";
    this.#sql.exec(insert, record.jti, share, scope, JSON.stringify(record), exp + CLOCK_LEEWAY_S);
    return { ok: true, value: null };
  }

  /** Tokens made here that a caller's own reaches, newest first; links to runs too. */
  list(scope: RunScope, now: number): TokenRecord[] {
    return this.#records("ends > ?", now).filter((record) => reachesRuns(scope, record.runs));
  }

  /** Links to a run, newest first. */
  shares(run: string, now: number): TokenRecord[] {
    return this.#records("ends > ? AND run = ?", now, run);
  }

  /** @returns the link to a run that has this id, null where there is none */
  share(run: string, jti: string, now: number): TokenRecord | null {
    return this.#records("ends > ? AND run = ? AND jti = ?", now, run, jti)[0] ?? null;
  }

  /** @returns the runs for which a token was revoked, as patterns; none for one that is good */
  revokedFor(jti: string): string[] {
    const rows = this.#sql.exec<{ scope: string }>("SELECT scope FROM revoked WHERE jti = ?", jti).toArray();
    return rows.flatMap(({ scope }) => JSON.parse(scope) as string[]);
  }

  /**
   * Revokes a token, whoever made it, for the runs of whoever asks. Twice is as good as once.
   * @returns a failure where the list is full
   */
  revoke(jti: string, by: Claims["runs"], now: number): Result<null> {
    this.#sweep(now);
    const scope = scopeText(by);
    const known = this.#count("revoked WHERE jti = ? AND scope = ?", jti, scope) > 0;
    if (!known && this.#isFull("revoked", "scope", scope, REVOCATIONS_MAX)) {
      return failure("limit_reached", "too many revoked tokens have not ended yet: change the relay's key, which ends all tokens");
    }
    const made = this.#sql.exec<{ ends: number }>("SELECT ends FROM tokens WHERE jti = ?", jti).toArray()[0];
    const until = made?.ends ?? now + LONGEST_S + CLOCK_LEEWAY_S;
    this.#sql.exec("INSERT OR REPLACE INTO revoked (jti, scope, until) VALUES (?, ?, ?)", jti, scope, until);
    const touched = this.#sql.exec<{ run: string }>("SELECT run FROM touched WHERE token = ?", `jti ${jti}`).toArray();
    for (const { run } of touched) {
      if (coversRun(by, run)) this.#sql.exec("INSERT OR IGNORE INTO untold (jti, run) VALUES (?, ?)", jti, run);
    }
    return { ok: true, value: null };
  }

  /** Rooms that have yet to hear that a token was revoked. */
  untold(): { jti: string; run: string }[] {
    return this.#sql.exec<{ jti: string; run: string }>("SELECT jti, run FROM untold").toArray();
  }

  told(jti: string, run: string): void {
    this.#sql.exec("DELETE FROM untold WHERE jti = ? AND run = ?", jti, run);
  }

  /**
   * A token comes to a run: from now on a revocation follows it there.
   * @param begins whether the run begins with it
   * @returns a failure for one that was revoked, or has begun as many runs as it may
   */
  arrive({ jti, sub, exp, run }: Arrival, begins: boolean, now: number): Result<null> {
    const known = typeof jti === "string";
    if (known && coversRun(this.revokedFor(jti), run)) return failure("token_revoked");
    const token = known ? `jti ${jti}` : `sub ${sub}`;
    if (this.#count("touched WHERE token = ? AND run = ?", token, run) > 0) return { ok: true, value: null };
    this.#sweep(now);
    if (begins && this.#count("touched WHERE token = ?", token) >= RUNS_PER_TOKEN) {
      return failure("limit_reached", `this token has begun ${RUNS_PER_TOKEN} runs: delete some, or use another`);
    }
    this.#sql.exec("INSERT INTO touched (token, run, until) VALUES (?, ?, ?)", token, run, exp + CLOCK_LEEWAY_S);
    return { ok: true, value: null };
  }

  /** A run was deleted: links to it end, also for a later run of the same id. */
  forgetRun(run: string, now: number): void {
    for (const { jti } of this.shares(run, now)) this.revoke(jti, run, now);
    this.#sql.exec("DELETE FROM tokens WHERE run = ?", run);
    this.#sql.exec("DELETE FROM touched WHERE run = ?", run);
    this.#sql.exec("DELETE FROM untold WHERE run = ?", run);
  }

  #records(condition: string, ...bindings: SqlValue[]): TokenRecord[] {
    const query = `SELECT record, EXISTS (SELECT 1 FROM revoked WHERE revoked.jti = tokens.jti) AS revoked FROM tokens WHERE ${condition}`;
    return this.#sql
      .exec<{ record: string; revoked: number }>(query, ...bindings)
      .toArray()
      .map(({ record, revoked }) => ({ ...(JSON.parse(record) as MadeToken["record"]), revoked: revoked === 1 }))
      .sort((a, b) => b.created_at.localeCompare(a.created_at));
  }

  /** @param column that has the scope of whoever adds to the table, and a condition before it */
  #isFull(table: "tokens" | "revoked", column: string, scope: string, max: number): boolean {
    if (scope !== EVERYTHING && this.#count(`${table} WHERE ${column} = ?`, scope) >= TOKENS_PER_SCOPE) return true;
    return this.#count(table) >= max;
  }

  #count(from: string, ...bindings: SqlValue[]): number {
    return this.#sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${from}`, ...bindings).toArray()[0]?.n ?? 0;
  }

  /** Reads all rows, so not each time. */
  #sweep(now: number): void {
    if (now - this.#sweptAt < SWEEP_EVERY_S) return;
    this.#sweptAt = now;
    this.#sql.exec("DELETE FROM tokens WHERE ends <= ?", now);
    this.#sql.exec("DELETE FROM revoked WHERE until <= ?", now);
    this.#sql.exec("DELETE FROM touched WHERE until <= ?", now);
  }
}

const EVERYTHING = scopeText("*");

/** One way to write the runs of a token. */
function scopeText(runs: Claims["runs"]): string {
  return JSON.stringify(typeof runs === "string" ? [runs] : [...runs].sort());
}
