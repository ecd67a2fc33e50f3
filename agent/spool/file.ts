import { mkdirSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Memory, openMemory } from "./memory.ts";
import { type Outbox, openOutbox } from "./outbox.ts";
import { openQueue, type Queue } from "./queue.ts";
import { createReserve } from "./reserve.ts";
import { migrate } from "./schema.ts";
import { createTransactions, type Transactions } from "./transaction.ts";
import { Damaged } from "./trouble.ts";

/** One SQLite file, open and held. */
export type SpoolFile = Memory & {
  readonly outbox: Outbox;
  readonly uploads: Queue;
  readonly commandUpdates: Queue;
  readonly transactions: Transactions;
  hookNumber(session: string): number | null;
  setHookNumber(session: string, n: number): void;
  forgetProcess(): void;
  close(): void;
};

export type FileOptions = {
  /** In bytes of events (PR4). */
  bound: number;
  /** In bytes that the file keeps empty for a full disk. */
  reserve: number;
  open: (path: string) => DatabaseSync;
};

/** The log is copied into the file when it has about this much (SQLite's 1000 pages); a longer one is cut back to it. */
const LOG_BYTES = 4 * 1024 * 1024;

/**
 * Opens a database and holds it until it is closed or the process ends.
 * @param path the file; its folder is made, readable by this user only
 * @throws what SQLite and the file system throw
 */
export function openDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(path);
  try {
    // EXCLUSIVE is the lock against a second agent on this run: the kernel lifts it when the process dies, however it dies.
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    db.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
    db.exec("BEGIN IMMEDIATE; COMMIT");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export function openFile(path: string, { bound, reserve: reserveBytes, open }: FileOptions): SpoolFile {
  // SQLite makes the file before its log. Beside an empty one lies the log of another, and its events belong to another run.
  if (bytesOf(path) === 0 && bytesOf(`${path}-wal`) > 0) throw new Damaged("it is empty, and its log is not");
  const db = open(path);
  try {
    migrate(db);
    return fileOn(db, path, bound, reserveBytes);
  } catch (error) {
    db.close();
    throw isSqlError(error) ? new Damaged(`it has not the tables of a spool: ${error.message}`) : error;
  }
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? Number.NaN;
}

/** SQLITE_ERROR: a statement that was right for the file that we wrote is not for this one. */
function isSqlError(error: unknown): error is Error {
  return error instanceof Error && "errcode" in error && error.errcode === 1;
}

function fileOn(db: DatabaseSync, path: string, bound: number, reserveBytes: number): SpoolFile {
  const reserve = createReserve(db, path, reserveBytes);
  const transactions = createTransactions(db, reserve);
  const memory = openMemory(db);
  const outbox = openOutbox(db, { transactions, memory, reserve, bound });
  reserve.end();
  const getHook = db.prepare("SELECT last_n FROM hook_sessions WHERE session = ?");
  const setHook = db.prepare("INSERT OR REPLACE INTO hook_sessions (session, last_n) VALUES (?, ?)");
  return {
    ...memory,
    outbox,
    uploads: openQueue(db, "uploads", "sample"),
    commandUpdates: openQueue(db, "command_updates", "body"),
    transactions,
    hookNumber: (session) => {
      const row = getHook.get(session);
      return row === undefined ? null : Number(row.last_n);
    },
    setHookNumber: (session, n) => void setHook.run(session, n),
    forgetProcess: () => db.exec("DELETE FROM hook_sessions; DELETE FROM command_updates; DELETE FROM meta WHERE key LIKE 'process.%'"),
    close: () => db.close(),
  };
}

/** The files that make up a database: the log, and an index of it that another program may have left. */
export const PARTS = ["", "-wal", "-shm"] as const;

export function removeFile(path: string): void {
  for (const part of PARTS) rmSync(path + part, { force: true });
}
