import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { onTestFinished } from "vitest";
import { openDatabase } from "../../../agent/spool/file.ts";
import type { Spool } from "../../../agent/spool/spool.ts";
import { folderForTest } from "../../support/temporary.ts";
import { logEvent } from "./events.ts";
import { spoolForTest } from "./spool.ts";

const RESERVE = 128 * 1024;

/** A disk that a test fills and empties. */
export type Disk = { open: () => Spool; fill: () => void; empty: () => void };

/** SQLite's own limit of a file's pages: what it says then, and does, is what it does when the file system has no more. */
function limitedPages(): Disk {
  let limit = (_pages: number): void => undefined;
  let pages = () => 0;
  const open = (path: string): DatabaseSync => {
    const db = openDatabase(path);
    limit = (most) => db.exec(`PRAGMA max_page_count = ${most}`);
    pages = () => Number(db.prepare("PRAGMA page_count").get()?.page_count);
    return db;
  };
  const path = join(folderForTest(), "run.db");
  return { open: () => spoolForTest(path, { open, reserve: RESERVE }), fill: () => limit(pages()), empty: () => limit(4_294_967_294) };
}

/** A file system of its own. @returns null where this user may not mount one */
export function mountForTest(mib: number): { folder: string; fill: () => void; empty: () => void } | null {
  const folder = join(folderForTest(), "disk");
  mkdirSync(folder);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m`, "tmpfs", folder]).status !== 0) return null;
  // Lazily: a process that a failed test left behind may still have a file there.
  onTestFinished(() => void spawnSync("umount", ["-l", folder]));
  const filling = join(folder, "filling");
  const fill = () => {
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(filling, Buffer.alloc(bavail * bsize), { flag: "a" });
  };
  return { folder, fill, empty: () => rmSync(filling, { force: true }) };
}

function smallFileSystem(): Disk | null {
  const disk = mountForTest(2);
  return disk && { ...disk, open: () => spoolForTest(join(disk.folder, "run.db"), { reserve: RESERVE }) };
}

/** The second one is there where tests may mount, which they may in continuous integration. */
export const DISKS: [string, () => Disk | null][] = [
  ["SQLite's own limit", limitedPages],
  ["a file system of 2 MiB", smallFileSystem],
];

/** Adds events one by one until the disk takes no more. @returns how many it took */
export function addUntilFull(spool: Spool, from: number): number {
  for (let n = from; n < from + 50_000; n += 1) if (!spool.write(() => spool.add(logEvent(n)))) return n - from;
  throw new Error("the disk is not full");
}
