import type { DatabaseSync } from "node:sqlite";
import { type AnyEvent, SPOOL_BYTES_MAX, SPOOL_RESERVE_BYTES } from "../../protocol/index.ts";
import type { Say } from "../log.ts";
import { agentLog } from "../session/agent-log.ts";
import { setAside } from "./aside.ts";
import { type FileOptions, openDatabase, openFile, removeFile, type SpoolFile } from "./file.ts";
import type { Memory } from "./memory.ts";
import type { Outbox } from "./outbox.ts";
import type { Queue } from "./queue.ts";
import { troubleOf } from "./trouble.ts";

/**
 * What an agent must remember across its own death, in one SQLite file a run (PR4): the events that the room has not
 * acknowledged, how far hooks and console were taken in, and the work that is still open. It is written before anything is sent
 * or acknowledged. WAL with `synchronous = NORMAL` survives `kill -9` of the process without an fsync an event; power loss may cost the last moments.
 *
 * A file that turns out to be corrupt, whenever that is, is set aside, and a new one takes its place: `outbox.figures()` then names another life.
 */
export type Spool = Memory & {
  /** The producer's numbering and the events that wait to be acknowledged. */
  readonly outbox: Outbox;
  /** Samples to be uploaded, as JSON. */
  readonly uploads: Queue;
  /** Answers to commands that the room has not been told, as JSON. */
  readonly commandUpdates: Queue;
  /** Runs `work` in one transaction: all of it is kept, or nothing, and the error is thrown. It may run twice, so it does nothing else. */
  transaction<T>(work: () => T): T;
  /** The same where a full disk is to be expected. @returns false on one: nothing is kept */
  write(work: () => void): boolean;
  /** Adds an event; it gets its seq when it is first sent. */
  add(event: AnyEvent): void;
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

export type SpoolOptions = {
  /** Bytes of events that are kept (PR4). */
  bytes?: number;
  /** Bytes of its file that stay empty, for a full disk. */
  reserve?: number;
  say?: Say;
  /** Opens the database. */
  open?: (path: string) => DatabaseSync;
};

/**
 * Opens a run's spool and holds it until it is closed or the process ends.
 * @param path the file; its folder is made, readable by this user only
 */
export function openSpool(path: string, options: SpoolOptions = {}): OpenedSpool {
  const { bytes = SPOOL_BYTES_MAX, reserve = SPOOL_RESERVE_BYTES, open = openDatabase, say = () => undefined } = options;
  const fileOptions: FileOptions = { bound: bytes, reserve, open };
  try {
    return { ok: true, spool: spoolAt(path, fileOptions, say) };
  } catch (error) {
    if (troubleOf(error) === "busy") return { ok: false, reason: "busy", message: `another agent works on this run already (${path})` };
    return { ok: false, reason: "failed", message: `the spool ${path} cannot be opened: ${textOf(error)}` };
  }
}

/** Keys of work in a file that was set aside must not mean other work in the next one. */
const KEYS_A_FILE = 2 ** 40;

function spoolAt(path: string, options: FileOptions, say: Say): Spool {
  let files = 0;
  /** @param why what is wrong with the present file */
  const begin = (why: unknown): SpoolFile => {
    const aside = setAside(path, Date.now());
    const next = openFile(path, options);
    const text = `the spool could not be read (${textOf(why)}) and was set aside as ${aside}: what was in it and had not arrived is missing`;
    say("warning", text);
    next.transactions.write(() => next.outbox.add(agentLog("warning", text, Date.now())));
    files += 1;
    return next;
  };
  const first = (): SpoolFile => {
    try {
      return openFile(path, options);
    } catch (error) {
      if (troubleOf(error) !== "corrupt") throw error;
      return begin(error);
    }
  };

  let file = first();
  let open = false;
  /** Does something with the file; where that is corrupt, with the one that takes its place. */
  const sound = <T>(work: () => T, instead: () => T = work): T => {
    try {
      return work();
    } catch (error) {
      if (open || troubleOf(error) !== "corrupt") throw error;
      file.close();
      file = begin(error);
      return instead();
    }
  };
  const whole = <T>(work: () => T): T => {
    if (open) return work();
    return sound(() => {
      open = true;
      try {
        return work();
      } finally {
        open = false;
      }
    });
  };
  const queue = (name: "uploads" | "commandUpdates"): Queue => ({
    add: (item) => sound(() => file[name].add(item)),
    list: (limit) => sound(() => file[name].list(limit).map(({ key, item }) => ({ key: key + files * KEYS_A_FILE, item }))),
    remove: (key) => {
      if (Math.floor(key / KEYS_A_FILE) === files) sound(() => file[name].remove(key % KEYS_A_FILE));
    },
    count: () => sound(() => file[name].count()),
  });
  const add = (event: AnyEvent): void => sound(() => file.outbox.add(event));
  const nothing = () => undefined;
  return {
    outbox: {
      figures: () => file.outbox.figures(),
      held: () => file.outbox.held(),
      add,
      // Seqs that were asked for mean nothing in another file's life.
      read: (from, limits) =>
        sound(
          () => file.outbox.read(from, limits),
          () => null,
        ),
      replace: (seq, event) =>
        sound(
          () => file.outbox.replace(seq, event),
          () => false,
        ),
      acknowledge: (seq) => sound(() => file.outbox.acknowledge(seq), nothing),
      skipTo: (seq) => sound(() => file.outbox.skipTo(seq), nothing),
      beginLife: () => sound(() => file.outbox.beginLife(), nothing),
    },
    uploads: queue("uploads"),
    commandUpdates: queue("commandUpdates"),
    transaction: (work) => whole(() => file.transactions.run(work)),
    write: (work) => whole(() => file.transactions.write(work)),
    add,
    recall: (key) => sound(() => file.recall(key)),
    remember: (key, value) => sound(() => file.remember(key, value)),
    forget: (key) => sound(() => file.forget(key)),
    hookNumber: (session) => sound(() => file.hookNumber(session)),
    setHookNumber: (session, n) => sound(() => file.setHookNumber(session, n)),
    forgetProcess: () => sound(() => file.forgetProcess()),
    close: () => file.close(),
    destroy: () => {
      file.close();
      removeFile(path);
    },
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
