import { BLOBS_PER_RUN, BLOBS_PER_RUN_BYTES, failure, type Result } from "../../../protocol/index.ts";
import type { SqlPort, StoragePort } from "./sql-port.ts";

/** What a run keeps in the bucket, which counts nothing itself, so that it stays within {@link BLOBS_PER_RUN_BYTES} (AC6). */
export class BlobTally {
  readonly #sql: SqlPort;
  readonly #storage: StoragePort;

  constructor(storage: StoragePort) {
    this.#sql = storage.sql;
    this.#storage = storage;
  }

  /** Makes room for a blob before it is stored. @returns whether that is new: one that is counted already costs nothing */
  claim(sha256: string, bytes: number): Result<{ fresh: boolean }> {
    if (this.bytesOf(sha256) !== null) return { ok: true, value: { fresh: false } };
    const kept = this.total();
    if (kept.count >= BLOBS_PER_RUN) return failure("limit_reached", `this run has ${BLOBS_PER_RUN} blobs already`);
    if (kept.bytes + bytes > BLOBS_PER_RUN_BYTES) {
      return failure("limit_reached", `the blobs of a run have at most ${BLOBS_PER_RUN_BYTES} bytes together`);
    }
    this.#storage.transactionSync(() => {
      this.#sql.exec("INSERT INTO blobs (sha256, bytes) VALUES (?, ?)", sha256, bytes);
      this.#setTotal(kept.count + 1, kept.bytes + bytes);
    });
    return { ok: true, value: { fresh: true } };
  }

  /** It was not stored after all. */
  release(sha256: string): void {
    const bytes = this.bytesOf(sha256);
    if (bytes === null) return;
    this.#storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM blobs WHERE sha256 = ?", sha256);
      const kept = this.total();
      this.#setTotal(kept.count - 1, kept.bytes - bytes);
    });
  }

  /** @returns null for one that is not counted */
  bytesOf(sha256: string): number | null {
    return this.#sql.exec<{ bytes: number }>("SELECT bytes FROM blobs WHERE sha256 = ?", sha256).toArray()[0]?.bytes ?? null;
  }

  /** What is kept now. */
  total(): { count: number; bytes: number } {
    const row = this.#sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'blobs'").toArray()[0];
    return row ? (JSON.parse(row.value) as { count: number; bytes: number }) : { count: 0, bytes: 0 };
  }

  /** A row by itself: to count 20,000 others each time would be as many rows read. */
  #setTotal(count: number, bytes: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('blobs', ?)", JSON.stringify({ count, bytes }));
  }
}
