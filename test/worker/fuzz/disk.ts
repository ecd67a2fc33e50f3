import type { SqlPort, StoragePort } from "../../../worker/run/storage/sql-port.ts";

/** The run's real storage, which fails where it is told to. */
export class Disk implements StoragePort {
  readonly #storage: StoragePort;
  /** So many writes go well, then one fails. */
  failsAfter: number | null = null;
  /** The next transaction that writes does all of its work and is then refused. */
  refusesCommit = false;
  #written = 0;

  constructor(storage: StoragePort) {
    this.#storage = storage;
  }

  readonly sql: SqlPort = {
    exec: (query, ...bindings) => {
      if (/^\s*(?:INSERT|UPDATE|DELETE)/.test(query)) this.#write();
      return this.#storage.sql.exec(query, ...bindings);
    },
  };

  transactionSync<T>(work: () => T): T {
    return this.#storage.transactionSync(() => {
      const before = this.#written;
      const result = work();
      if (!this.refusesCommit || this.#written === before) return result;
      this.refusesCommit = false;
      throw new Error("the disk did not take it");
    });
  }

  #write(): void {
    this.#written += 1;
    if (this.failsAfter === null) return;
    this.failsAfter -= 1;
    if (this.failsAfter >= 0) return;
    this.failsAfter = null;
    throw new Error("the disk is full");
  }

  /** Everything goes well from now on. */
  repair(): void {
    this.failsAfter = null;
    this.refusesCommit = false;
  }
}
