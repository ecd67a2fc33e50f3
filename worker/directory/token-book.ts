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
import { isRevoked, type RunScope, reachesRuns } from "../auth/grant.ts";
import type { SqlPort, SqlValue } from "../run/storage/sql-port.ts";

/** A token at the door of a run. */
export type Arrival = Pick<Claims, "sub" | "exp"> & { jti?: string | null; run: string };

/** Who makes or revokes a token, by the token that they come with. */
export type Caller = Pick<Claims, "runs" | "jti">;

/** A token that was made here. `share`: the run that it is a link to, null for a token by itself. */
export type MadeToken = { record: Omit<TokenRecord, "revoked">; maker: Caller; share: string | null; exp: number };

/** No token is good for longer, so no revocation has to be kept for longer. */
const LONGEST_S = Math.max(...Object.values(TOKEN_LIFETIME_MAX_S));
const SWEEP_EVERY_S = 24 * 3600;
/** Those that have neither ended nor been revoked: what was put an end to makes room at once, not when its row is swept. */
const GOOD_TOKENS = "tokens WHERE ends > ? AND NOT EXISTS (SELECT 1 FROM revoked WHERE revoked.jti = tokens.jti)";
/** With who pays for each. Those of an earlier relay have no row there: they count for the runs that they are of. */
const REVOKED = "revoked LEFT JOIN payers USING (jti, scope)";
const PAYER = "coalesce(payer, scope)";

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
    const payer = this.#payerOf(maker);
    if (share !== null && this.#count(`${GOOD_TOKENS} AND run = ?`, now, share) >= SHARES_PER_RUN) {
      return failure("limit_reached", `this run has ${SHARES_PER_RUN} links already: revoke one that nobody needs`);
    }
    if (share !== null && payer !== EVERYTHING && this.#linksOf(payer, now) >= TOKENS_PER_SCOPE) {
      return failure("limit_reached", `there are ${TOKENS_PER_SCOPE} links by owners of these runs, good or revoked: let some end`);
    }
    if (share === null && this.#isFull(`${GOOD_TOKENS} AND run IS NULL`, "maker", payer, TOKENS_LISTED_MAX, now)) {
      return failure("limit_reached", "there are too many tokens that are still good: revoke some, or let some end");
    }
    const insert = "INSERT INTO tokens (jti, run, maker, record, ends) VALUES (?, ?, ?, ?, ?)";
    this.#sql.exec(insert, record.jti, share, payer, JSON.stringify(record), exp + CLOCK_LEEWAY_S);
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
   * Revokes a token, whoever made it, for some runs of whoever asks. Twice is as good as once.
   * @returns a failure where the list is full
   */
  revoke(jti: string, runs: Claims["runs"], by: Caller, now: number): Result<null> {
    this.#sweep(now);
    const payer = this.#payerOf(by);
    const known = this.#count("revoked WHERE jti = ? AND scope = ?", jti, scopeText(runs)) > 0;
    if (!known && this.#isFull(`${REVOKED} WHERE until > ?`, PAYER, payer, REVOCATIONS_MAX, now)) {
      return failure("limit_reached", "too many revoked tokens have not ended yet: change the relay's key, which ends all tokens");
    }
    this.#putOut(jti, runs, payer, now);
    return { ok: true, value: null };
  }

  #putOut(jti: string, runs: Claims["runs"], payer: string, now: number): void {
    const scope = scopeText(runs);
    const made = this.#sql.exec<{ ends: number }>("SELECT ends FROM tokens WHERE jti = ?", jti).toArray()[0];
    const until = made?.ends ?? now + LONGEST_S + CLOCK_LEEWAY_S;
    this.#sql.exec("INSERT OR REPLACE INTO revoked (jti, scope, until) VALUES (?, ?, ?)", jti, scope, until);
    // Whoever was first.
    this.#sql.exec("INSERT OR IGNORE INTO payers (jti, scope, payer) VALUES (?, ?, ?)", jti, scope, payer);
    const touched = this.#sql.exec<{ run: string }>("SELECT run FROM touched WHERE token = ?", `jti ${jti}`).toArray();
    for (const { run } of touched) {
      if (coversRun(runs, run)) this.#sql.exec("INSERT OR IGNORE INTO untold (jti, run) VALUES (?, ?)", jti, run);
    }
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
   * @param produces whether it comes as a producer
   * @param listed whether the run is known to exist: what anybody can make up is bounded
   * @returns a failure for one that was revoked, or has been at too many runs that were not there
   */
  arrive({ jti, sub, exp, run }: Arrival, { produces, listed }: { produces: boolean; listed: boolean }, now: number): Result<null> {
    const known = typeof jti === "string";
    if (known && coversRun(this.revokedFor(jti), run)) return failure("token_revoked");
    // Nothing revokes a token without an id: only the runs that it begins are of interest.
    if (!known && !produces) return { ok: true, value: null };
    const token = known ? `jti ${jti}` : `sub ${sub}`;
    const until = exp + CLOCK_LEEWAY_S;
    if (this.#count("touched WHERE token = ? AND run = ? AND until >= ?", token, run, until) > 0) return { ok: true, value: null };
    this.#sweep(now);
    if (
      !listed &&
      this.#count(`touched WHERE token = ?${produces ? "" : " AND run NOT IN (SELECT run FROM runs)"}`, token) >= RUNS_PER_TOKEN
    ) {
      const did = produces ? "begun" : "asked for";
      return failure("limit_reached", `this token has ${did} ${RUNS_PER_TOKEN} runs: use another`);
    }
    this.#sql.exec("INSERT OR REPLACE INTO touched (token, run, until) VALUES (?, ?, ?)", token, run, until);
    return { ok: true, value: null };
  }

  /**
   * A run was deleted: links to it end, also for a later run of the same id, and also where the list of revoked tokens is full. Which
   * tokens have touched it stays known: one that is on its way there now must still be found when it is revoked.
   */
  forgetRun(run: string, now: number): void {
    const links = this.#sql.exec<{ jti: string; maker: string }>("SELECT jti, maker FROM tokens WHERE ends > ? AND run = ?", now, run);
    for (const { jti, maker } of links.toArray()) this.#putOut(jti, run, maker, now);
    this.#sql.exec("DELETE FROM tokens WHERE run = ?", run);
  }

  #records(condition: string, ...bindings: SqlValue[]): TokenRecord[] {
    const scopes = "(SELECT json_group_array(json(scope)) FROM revoked WHERE revoked.jti = tokens.jti)";
    return this.#sql
      .exec<{ record: string; scopes: string }>(`SELECT record, ${scopes} AS scopes FROM tokens WHERE ${condition}`, ...bindings)
      .toArray()
      .map(({ record, scopes }) => {
        const made = JSON.parse(record) as MadeToken["record"];
        return { ...made, revoked: isRevoked({ runs: made.runs, except: (JSON.parse(scopes) as string[][]).flat() }) };
      })
      .sort((a, b) => b.created_at.localeCompare(a.created_at));
  }

  /**
   * What of the lists somebody fills counts for the part of the runs that they were given: an owner who makes owners of smaller parts,
   * or puts an end to links to one run after another, has no more room by it. An owner of everything gives all that they make a count
   * of its own.
   */
  #payerOf({ jti, runs }: Caller): string {
    const made = this.#sql.exec<{ maker: string }>("SELECT maker FROM tokens WHERE jti = ?", jti ?? null).toArray()[0];
    return made === undefined || made.maker === EVERYTHING ? scopeText(runs) : made.maker;
  }

  /** Links that are good, and whatever was revoked: deleting their runs revokes links, however full the list is. */
  #linksOf(payer: string, now: number): number {
    const good = this.#count(`${GOOD_TOKENS} AND run IS NOT NULL AND maker = ?`, now, payer);
    return good + this.#count(`${REVOKED} WHERE until > ? AND ${PAYER} = ?`, now, payer);
  }

  /**
   * @param rows those that count `now`
   * @param column that says for whom they count
   */
  #isFull(rows: string, column: "maker" | typeof PAYER, payer: string, max: number, now: number): boolean {
    if (payer !== EVERYTHING && this.#count(`${rows} AND ${column} = ?`, now, payer) >= TOKENS_PER_SCOPE) return true;
    return this.#count(rows, now) >= max;
  }

  #count(from: string, ...bindings: SqlValue[]): number {
    return this.#sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${from}`, ...bindings).toArray()[0]?.n ?? 0;
  }

  /** Reads all rows, so not each time. */
  #sweep(now: number): void {
    if (now - this.#sweptAt < SWEEP_EVERY_S) return;
    this.#sweptAt = now;
    this.#sql.exec("DELETE FROM tokens WHERE ends <= ?", now);
    this.#sql.exec("DELETE FROM payers WHERE (jti, scope) IN (SELECT jti, scope FROM revoked WHERE until <= ?)", now);
    this.#sql.exec("DELETE FROM revoked WHERE until <= ?", now);
    this.#sql.exec("DELETE FROM touched WHERE until <= ?", now);
  }
}

const EVERYTHING = scopeText("*");

/** One way to write the runs of a token. */
function scopeText(runs: Claims["runs"]): string {
  return JSON.stringify(typeof runs === "string" ? [runs] : [...runs].sort());
}
