import type { Result } from "../../../protocol/index.ts";
import { keyOf } from "../../blobs/bucket.ts";
import type { BlobTally, BlobTotals } from "./blob-tally.ts";
import type { RoomStore } from "./store.ts";

/** What a room has to say to whoever stores a blob in the bucket (AC6): also of a run whose producer has not said hello yet. */
export class BlobDesk {
  readonly #store: RoomStore;
  readonly #tally: BlobTally;
  readonly #bucket: R2Bucket;

  constructor(store: RoomStore, tally: BlobTally, bucket: R2Bucket) {
    this.#store = store;
    this.#tally = tally;
    this.#bucket = bucket;
  }

  totals(): BlobTotals {
    return this.#tally.totals();
  }

  /** A blob is about to be stored. @returns whether that counts as one more */
  async claim(run: string, sha256: string, bytes: number): Promise<Result<{ fresh: boolean }>> {
    this.#store.prepare();
    await this.#settle(run, Date.now());
    // The run may have been deleted meanwhile.
    this.#store.prepare();
    return this.#tally.claim(sha256, bytes, Date.now());
  }

  /** A blob that was claimed was not stored. */
  release(sha256: string): void {
    if (this.#store.hasTables()) this.#tally.release(sha256);
  }

  /** A blob was stored. @returns false where the run was deleted since it was claimed, or that is too long ago */
  keeps(sha256: string): boolean {
    return this.#store.hasTables() && this.#tally.confirm(sha256);
  }

  /** Whoever stores a blob may go at any moment, before it is in the bucket or after that: the bucket knows. */
  async #settle(run: string, now: number): Promise<void> {
    const settle = async (sha256: string) => {
      const stored = (await this.#bucket.head(keyOf(run, sha256))) !== null;
      if (this.#store.hasTables()) this.#tally.settle(sha256, stored, now);
    };
    await Promise.all(this.#tally.overdue(now).map(settle));
  }
}
