import { DurableObject } from "cloudflare:workers";
import { type Claims, coversRun, type RunSummary } from "../../protocol/index.ts";
import type { Env } from "../env.ts";

type Row = { run: string; summary: string };

/** The list of runs. One object for all: rooms tell it when something that the list shows has changed, never at each event. */
export class Directory extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, created_at TEXT NOT NULL, summary TEXT NOT NULL) WITHOUT ROWID",
    );
  }

  /** @param text a {@link RunSummary} as JSON */
  async put(text: string): Promise<void> {
    const summary = JSON.parse(text) as RunSummary;
    const insert = "INSERT OR REPLACE INTO runs (run, created_at, summary) VALUES (?, ?, ?)";
    this.ctx.storage.sql.exec(insert, summary.run, summary.created_at, text);
  }

  /** @returns the runs that a token covers as JSON summaries, newest first, at most `limit` */
  async list(runs: Claims["runs"], limit: number): Promise<string[]> {
    const found: string[] = [];
    for (const row of this.ctx.storage.sql.exec<Row>("SELECT run, summary FROM runs ORDER BY created_at DESC, run")) {
      if (coversRun(runs, row.run)) found.push(row.summary);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** @returns the newest run that a token covers, null where there is none */
  async newest(runs: Claims["runs"]): Promise<string | null> {
    const [summary] = await this.list(runs, 1);
    return summary === undefined ? null : (JSON.parse(summary) as RunSummary).run;
  }
}
