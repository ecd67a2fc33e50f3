import type { DatabaseSync } from "node:sqlite";
import type { Reserve } from "./reserve.ts";
import { DiskFull, troubleOf } from "./trouble.ts";

export type Transactions = {
  /** Runs `work` in one transaction: all of it is kept, or nothing, and the error is thrown. Inside another one it is part of that. */
  run<T>(work: () => T): T;
  /** @returns false where the disk takes nothing now: nothing of it is kept */
  write(work: () => void): boolean;
  /** @param mark gives what puts figures in memory back as they are: they must not tell what the file does not hold. */
  restoring(mark: () => () => void): void;
};

export function createTransactions(db: DatabaseSync, reserve: Reserve): Transactions {
  const marks: (() => () => void)[] = [];
  let open = false;

  const once = <T>(work: () => T): T => {
    reserve.begin();
    const restore = marks.map((mark) => mark());
    db.exec("BEGIN IMMEDIATE");
    open = true;
    try {
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      // After some failures (a full disk) SQLite has rolled back by itself.
      if (db.isTransaction) db.exec("ROLLBACK");
      for (const back of restore) back();
      throw error;
    } finally {
      open = false;
    }
  };

  /** A log that cannot grow can begin anew, once all that it holds is in the file. */
  const emptyLog = (): boolean => {
    try {
      const { busy, log, checkpointed } = db.prepare("PRAGMA wal_checkpoint").get() ?? {};
      return busy === 0 && log === checkpointed;
    } catch {
      return false;
    }
  };

  const run = <T>(work: () => T): T => {
    if (open) return work();
    let result: T;
    try {
      result = once(work);
    } catch (error) {
      if (troubleOf(error) !== "full") throw error;
      reserve.failed();
      if (error instanceof DiskFull || !emptyLog()) throw error;
      result = once(work);
    }
    reserve.end();
    return result;
  };

  return {
    run,
    write: (work) => {
      try {
        run(work);
        return true;
      } catch (error) {
        if (open || troubleOf(error) !== "full") throw error;
        return false;
      }
    },
    restoring: (mark) => void marks.push(mark),
  };
}
