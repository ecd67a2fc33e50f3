import type { RunSummary } from "../../protocol/index.ts";
import { type RunScope, reach } from "../auth/grant.ts";
import type { SqlPort } from "../run/storage/sql-port.ts";

type Row = { run: string; summary: string };

/** A place in the list: the run that stands there, and when it began. */
export type RunPlace = { created_at: string; run: string };

/** The runs of a relay, as their rooms told last. */
export class RunList {
  readonly #sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  /** @param text a {@link RunSummary} as JSON */
  put(text: string): void {
    const summary = JSON.parse(text) as RunSummary;
    this.#sql.exec("INSERT OR REPLACE INTO runs (run, created_at, summary) VALUES (?, ?, ?)", summary.run, summary.created_at, text);
  }

  remove(run: string): void {
    this.#sql.exec("DELETE FROM runs WHERE run = ?", run);
  }

  has(run: string): boolean {
    return this.#sql.exec<{ run: string }>("SELECT run FROM runs WHERE run = ?", run).toArray().length > 0;
  }

  /** @returns the runs that a token reaches as JSON summaries, newest first, at most `limit`, those after a place in that order */
  list(scope: RunScope, limit: number, after: RunPlace | null): string[] {
    const found: string[] = [];
    const rows = after
      ? this.#sql.exec<Row>(
          "SELECT run, summary FROM runs WHERE created_at < ?1 OR (created_at = ?1 AND run > ?2) ORDER BY created_at DESC, run",
          after.created_at,
          after.run,
        )
      : this.#sql.exec<Row>("SELECT run, summary FROM runs ORDER BY created_at DESC, run");
    for (const row of rows) {
      if (reach(scope, row.run) === "yes") found.push(row.summary);
      if (found.length >= limit) break;
    }
    return found;
  }
}
