import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AnyEvent } from "../../protocol/index.ts";
import { type Outbox, openOutbox } from "./outbox.ts";
import { openQueue, type Queue } from "./queue.ts";
import { migrate } from "./schema.ts";

/**
 * What an agent must remember across its own death, in one SQLite file a run (PR4): the events that the room has not
 * acknowledged, how far hooks and console were taken in, and the work that is still open. It is written before anything is sent
 * or acknowledged. WAL with `synchronous = NORMAL` survives `kill -9` of the process without an fsync an event; power loss may cost the last moments.
 */
export type Spool = {
  /** The producer's numbering and the events that wait to be acknowledged. */
  readonly outbox: Outbox;
  /** Samples to be uploaded, as JSON. */
  readonly uploads: Queue;
  /** Answers to commands that the room has not been told, as JSON. */
  readonly commandUpdates: Queue;
  /** Runs `work` in one transaction: all of it is kept, or nothing. */
  transaction<T>(work: () => T): T;
  /** Adds an event; it gets its seq when it is first sent. */
  add(event: AnyEvent): void;
  /** @returns a remembered value, or undefined. */
  recall(key: string): unknown;
  remember(key: string, value: unknown): void;
  forget(key: string): void;
  /** @returns the newest message of a hook's session that is in the spool, or null for a session not seen. */
  hookNumber(session: string): number | null;
  setHookNumber(session: string, n: number): void;
  /** Begins anew for another start of the trainer: events and uploads stay, what belonged to the earlier process goes. */
  forgetProcess(): void;
  close(): void;
  /** Closes, and deletes the file: everything was delivered. */
  destroy(): void;
};

export type OpenedSpool = { ok: true; spool: Spool } | { ok: false; reason: "busy" | "failed"; message: string };

const SQLITE_BUSY = 5;

/**
 * Opens a run's spool and holds it until it is closed or the process ends.
 * @param path the file; its folder is made, readable by this user only
 */
export function openSpool(path: string): OpenedSpool {
  let db: DatabaseSync | null = null;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    db = new DatabaseSync(path);
    // EXCLUSIVE is the lock against a second agent on this run: the kernel lifts it when the process dies, however it dies.
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    db.exec("BEGIN IMMEDIATE; COMMIT");
    migrate(db);
    return { ok: true, spool: spoolOn(db, path) };
  } catch (error) {
    db?.close();
    const busy = error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
    if (busy) return { ok: false, reason: "busy", message: `another agent works on this run already (${path})` };
    return {
      ok: false,
      reason: "failed",
      message: `the spool ${path} cannot be opened: ${error instanceof Error ? error.message : error}`,
    };
  }
}

function spoolOn(db: DatabaseSync, path: string): Spool {
  const getMeta = db.prepare("SELECT value FROM meta WHERE key = ?");
  const setMeta = db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
  const deleteMeta = db.prepare("DELETE FROM meta WHERE key = ?");
  const getHook = db.prepare("SELECT last_n FROM hook_sessions WHERE session = ?");
  const setHook = db.prepare("INSERT OR REPLACE INTO hook_sessions (session, last_n) VALUES (?, ?)");
  let open = false;
  const transaction = <T>(work: () => T): T => {
    if (open) return work();
    db.exec("BEGIN IMMEDIATE");
    open = true;
    try {
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      rollback(db);
      throw error;
    } finally {
      open = false;
    }
  };
  const recall = (key: string): unknown => {
    const row = getMeta.get(key);
    return row === undefined ? undefined : JSON.parse(String(row.value));
  };
  const remember = (key: string, value: unknown) => void setMeta.run(key, JSON.stringify(value));
  const outbox = openOutbox(db, { transaction, recall, remember });
  return {
    outbox,
    uploads: openQueue(db, "uploads", "sample"),
    commandUpdates: openQueue(db, "command_updates", "body"),
    transaction,
    add: outbox.add,
    recall,
    remember,
    forget: (key) => void deleteMeta.run(key),
    hookNumber: (session) => {
      const row = getHook.get(session);
      return row === undefined ? null : Number(row.last_n);
    },
    setHookNumber: (session, n) => void setHook.run(session, n),
    forgetProcess: () => db.exec("DELETE FROM hook_sessions; DELETE FROM command_updates; DELETE FROM meta WHERE key LIKE 'process.%'"),
    close: () => db.close(),
    destroy: () => {
      db.close();
      for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
    },
  };
}

/** After some failures (a full disk) SQLite has rolled back by itself, and says so with an error. */
function rollback(db: DatabaseSync): void {
  try {
    db.exec("ROLLBACK");
  } catch {
    // nothing is open any more
  }
}
