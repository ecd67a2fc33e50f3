import { BLOB_CLAIM_MS, BLOB_CLAIMS_SETTLED, BLOBS_PER_RUN, BLOBS_PER_RUN_BYTES, failure, type Result } from "../../../protocol/index.ts";
import type { SqlPort, StoragePort } from "./sql-port.ts";

/** Blobs that a run keeps, claimed ones too. */
export type BlobTotals = { count: number; bytes: number };

/**
 * What a run keeps in the bucket, which counts nothing itself, so that it stays within {@link BLOBS_PER_RUN_BYTES} (AC6). A blob is claimed,
 * stored and confirmed; where that was broken off, the claim is overdue after {@link BLOB_CLAIM_MS}. Times are milliseconds since 1970.
 */
export class BlobTally {
  readonly #sql: SqlPort;
  readonly #storage: StoragePort;

  constructor(storage: StoragePort) {
    this.#sql = storage.sql;
    this.#storage = storage;
  }

  totals(): BlobTotals {
    const row = this.#sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'blobs'").toArray()[0];
    return row ? (JSON.parse(row.value) as BlobTotals) : { count: 0, bytes: 0 };
  }

  /** Makes room for a blob before it is stored. @returns whether that is new: one that is counted already costs nothing */
  claim(sha256: string, bytes: number, now: number): Result<{ fresh: boolean }> {
    if (this.#bytesOf(sha256) !== null) {
      this.#sql.exec("UPDATE blobs SET claimed_at = ? WHERE sha256 = ? AND claimed_at IS NOT NULL", now, sha256);
      return { ok: true, value: { fresh: false } };
    }
    const kept = this.totals();
    if (kept.count >= BLOBS_PER_RUN) return failure("limit_reached", `this run has ${BLOBS_PER_RUN} blobs already`);
    if (kept.bytes + bytes > BLOBS_PER_RUN_BYTES) {
      return failure("limit_reached", `the blobs of a run have at most ${BLOBS_PER_RUN_BYTES} bytes together`);
    }
    this.#storage.transactionSync(() => {
      this.#sql.exec("INSERT INTO blobs (sha256, bytes, claimed_at) VALUES (?, ?, ?)", sha256, bytes, now);
      this.#setTotal(kept.count + 1, kept.bytes + bytes);
    });
    return { ok: true, value: { fresh: true } };
  }

  /** It was not stored after all. */
  release(sha256: string): void {
    const bytes = this.#bytesOf(sha256);
    if (bytes === null) return;
    this.#storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM blobs WHERE sha256 = ?", sha256);
      const kept = this.totals();
      this.#setTotal(kept.count - 1, kept.bytes - bytes);
    });
  }

  /** It was stored. @returns false for one that is not counted: the run was deleted since, or the claim was overdue */
  confirm(sha256: string): boolean {
    this.#sql.exec("UPDATE blobs SET claimed_at = NULL WHERE sha256 = ? AND claimed_at IS NOT NULL", sha256);
    return this.#bytesOf(sha256) !== null;
  }

  /** @returns claims that are overdue, the oldest first, at most {@link BLOB_CLAIMS_SETTLED} */
  overdue(now: number): string[] {
    const oldest = "SELECT sha256 FROM blobs WHERE claimed_at <= ? ORDER BY claimed_at LIMIT ?";
    const rows = this.#sql.exec<{ sha256: string }>(oldest, now - BLOB_CLAIM_MS, BLOB_CLAIMS_SETTLED).toArray();
    return rows.map(({ sha256 }) => sha256);
  }

  /** What became of a claim that was overdue `now`, unless it has been renewed since. @param stored whether the bucket has the blob */
  settle(sha256: string, stored: boolean, now: number): void {
    if (this.#sql.exec("SELECT 1 FROM blobs WHERE sha256 = ? AND claimed_at <= ?", sha256, now - BLOB_CLAIM_MS).toArray().length === 0)
      return;
    if (stored) this.confirm(sha256);
    else this.release(sha256);
  }

  /** @returns null for one that is not counted */
  #bytesOf(sha256: string): number | null {
    return this.#sql.exec<{ bytes: number }>("SELECT bytes FROM blobs WHERE sha256 = ?", sha256).toArray()[0]?.bytes ?? null;
  }

  /** A row by itself: to count 20,000 others each time would be as many rows read. */
  #setTotal(count: number, bytes: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('blobs', ?)", JSON.stringify({ count, bytes }));
  }
}
