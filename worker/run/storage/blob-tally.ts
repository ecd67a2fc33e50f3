import { BLOBS_PER_RUN, BLOBS_PER_RUN_BYTES, failure, type Result } from "../../../protocol/index.ts";
import type { SqlPort } from "./sql-port.ts";

/**
 * What a run has in the bucket (AC6). Its table comes with the first blob and stands beside the schema of the log: a blob may be there before the
 * run, whose agent has yet to say hello.
 */
export class BlobTally {
  readonly #sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  /** Counts a blob that is about to be stored; the same content again costs nothing. @returns a failure where there is no room for it */
  claim(sha256: string, bytes: number): Result<null> {
    this.#sql.exec("CREATE TABLE IF NOT EXISTS blobs (sha256 TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID");
    if (this.#sql.exec("SELECT 1 FROM blobs WHERE sha256 = ?", sha256).toArray().length > 0) return { ok: true, value: null };
    const held = this.#read();
    if (held.count >= BLOBS_PER_RUN) return failure("limit_reached", `this run has ${BLOBS_PER_RUN} blobs already`);
    if (held.bytes + bytes > BLOBS_PER_RUN_BYTES) {
      return failure("limit_reached", `this run's blobs would be more than ${BLOBS_PER_RUN_BYTES} bytes`);
    }
    this.#sql.exec("INSERT INTO blobs (sha256, bytes) VALUES (?, ?)", sha256, bytes);
    return { ok: true, value: null };
  }

  /** It was not stored after all. */
  release(sha256: string): void {
    this.#sql.exec("DELETE FROM blobs WHERE sha256 = ?", sha256);
  }

  held(): { bytes: number; count: number } {
    const made = this.#sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'blobs'").toArray().length > 0;
    return made ? this.#read() : { bytes: 0, count: 0 };
  }

  #read(): { bytes: number; count: number } {
    const query = "SELECT coalesce(sum(bytes), 0) AS bytes, count(*) AS count FROM blobs";
    return this.#sql.exec<{ bytes: number; count: number }>(query).toArray()[0] ?? { bytes: 0, count: 0 };
  }
}
