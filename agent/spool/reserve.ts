import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { DiskFull, troubleOf } from "./trouble.ts";

/**
 * Empty pages inside the file, so that on a full disk numbers are still given out and acknowledged events deleted: nothing else would ever make
 * room again. The file grows by whole reserves ahead of need, never while it is needed: pages that are in the write-ahead log and have no place in
 * the file could not be moved there, and the log could not begin anew.
 */
export type Reserve = {
  /** Before a transaction. */
  begin(): void;
  /** Takes room for an event. @throws {DiskFull} where only the reserve is left */
  spend(bytes: number): void;
  /** After a transaction that was kept. */
  end(): void;
  /** A write failed for want of space. */
  failed(): void;
};

/** This part of a reserve is not for events. */
const KEPT = 1 / 4;

/** @param bytes of a whole reserve; it is filled up when only the part that is kept is left */
export function createReserve(db: DatabaseSync, path: string, bytes: number): Reserve {
  const pageBytes = Number(db.prepare("SELECT page_size AS n FROM pragma_page_size").get()?.n);
  const emptyPages = db.prepare("SELECT freelist_count AS n FROM pragma_freelist_count");
  const fill = db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('reserve', randomblob(?))");
  const empty = db.prepare("DELETE FROM meta WHERE key = 'reserve'");
  const checkpoint = db.prepare("PRAGMA wal_checkpoint");
  let short = false;
  let budget = Number.POSITIVE_INFINITY;
  let spent = true;

  const free = (): number => Number(emptyPages.get()?.n) * pageBytes;
  const grow = (missing: number): boolean => {
    // All of it in the log, and what is new in the file. What the disk says may be old by now, or more than a quota allows: then SQLite says it.
    if (diskRoom(path) < bytes + missing) return false;
    try {
      // It takes the pages that are empty already, and then new ones.
      fill.run(bytes);
      empty.run();
      const { busy, log, checkpointed } = checkpoint.get() ?? {};
      return busy === 0 && log === checkpointed;
    } catch (error) {
      if (troubleOf(error) !== "full") throw error;
      return false;
    }
  };
  const fillUp = (): void => {
    const missing = bytes - free();
    short = missing > 0 && !grow(missing);
  };

  return {
    begin: () => {
      if (short) fillUp();
      budget = short ? free() - bytes * KEPT : Number.POSITIVE_INFINITY;
    },
    spend: (wanted) => {
      budget -= wanted;
      if (budget < 0) throw new DiskFull("the disk is full");
      spent = true;
    },
    end: () => {
      if (spent && free() < bytes * KEPT) fillUp();
      spent = false;
    },
    failed: () => {
      short = true;
    },
  };
}

/** @returns the bytes that the disk has for this user */
function diskRoom(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
