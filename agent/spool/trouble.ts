/**
 * What a failure of the spool's file asks for. `full`: the disk takes nothing now (no space, over quota, failing, mounted read-only); what was to be
 * written is held, and tried again. `corrupt`: the file is not what was written.
 */
export type Trouble = "busy" | "full" | "corrupt" | "other";

/** The disk is known to be full, and what is left inside the file is kept for numbers and acks. */
export class DiskFull extends Error {
  override readonly name = "DiskFull";
}

/** SQLite reads it, but it makes no sense. */
export class Damaged extends Error {
  override readonly name = "Damaged";
}

/** Primary result codes, the low byte of what SQLite gives: https://sqlite.org/rescode.html */
const TROUBLES: ReadonlyMap<number, Trouble> = new Map([
  [5, "busy"],
  [8, "full"], // SQLITE_READONLY
  [10, "full"], // SQLITE_IOERR
  [11, "corrupt"],
  [13, "full"],
  [26, "corrupt"], // SQLITE_NOTADB
]);

export function troubleOf(error: unknown): Trouble {
  if (error instanceof DiskFull) return "full";
  if (error instanceof Damaged) return "corrupt";
  if (!(error instanceof Error && "errcode" in error)) return "other";
  return TROUBLES.get(Number(error.errcode) & 0xff) ?? "other";
}
