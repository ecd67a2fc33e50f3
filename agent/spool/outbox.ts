import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { type AnyEvent, EVENT_MAX } from "../../protocol/index.ts";
import { agentLog } from "../session/agent-log.ts";
import { type Dropped, dropReport, joinDropped } from "./drop-report.ts";
import type { Memory } from "./memory.ts";
import type { Reserve } from "./reserve.ts";
import { createThinning, type Scanned } from "./thinning.ts";
import type { Transactions } from "./transaction.ts";
import { Damaged } from "./trouble.ts";

/** Where a producer stands. `acked` and `sent` are seqs of `life`, 0 for none. */
export type OutboxFigures = {
  life: string;
  /** Everything up to here is durable in the room, and deleted here. */
  acked: number;
  /** The highest seq that was ever given out. */
  sent: number;
  /** Events without a seq, and what is still to be told of those that were dropped. */
  waiting: number;
};

/** Events with consecutive seqs, each as it stands in JSON. */
export type OutboxBatch = { first: number; bodies: string[]; bytes: number };

export type Outbox = {
  figures(): OutboxFigures;
  /** @returns the bytes of all events here, with what their rows cost */
  held(): number;
  /**
   * An event that no room could store is replaced by a `log` event that says so. Past the bound the oldest events that may be are dropped (PR4).
   * @throws {DiskFull} or what SQLite throws on a full disk
   */
  add(event: AnyEvent): void;
  /**
   * Reads a batch; events that have no seq yet get theirs, durably, before they are returned. What was dropped is told before them.
   * @param from the first seq wanted; at most `sent + 1`
   * @returns null where there is nothing from there on, or where a full disk takes no numbers
   */
  read(from: number, limits: { bytes: number; events: number }): OutboxBatch | null;
  /** Puts another event in the place of one that was sent and that the room refuses. @returns false on a full disk */
  replace(seq: number, event: AnyEvent): boolean;
  /** PR3: everything up to `seq` is stored in the room. On a full disk it may be deleted with a later ack. */
  acknowledge(seq: number): void;
  /**
   * The room knows of seqs that this file does not (it lost its last moments to a power cut): they are not given out again, nor are the
   * events sent again that had them, as far as the file tells which those were.
   */
  skipTo(seq: number): void;
  /** PR2: a new numbering from 1; what is not acknowledged will be sent in it. On a full disk the life stays as it is. */
  beginLife(): void;
};

/** What is remembered: `sent_id` is the row that carries `sent`, so that those without a seq come after it. */
type Numbering = { life: string; acked: number; sent: number; sent_id: number };

type State = {
  at: Numbering;
  waiting: number;
  bytes: number;
  dropped: Dropped | null;
  scanned: Scanned;
  /** It was noted that the bound is exceeded, and it still is. */
  over: boolean;
};

/** What a row costs in the file beside its event, about: its header, its type, its entry among the seqs, and what pages leave empty. */
export const ROW_BYTES = 64;
/** A disk may give back other bytes than it was given, and SQLite does not see that in a text: one such event would have its whole batch refused. */
const WHOLE_BODY = "iif(json_valid(body), body, NULL) AS body";
/** Dropping goes on down to this part of the bound, so that it is done, and told, once in a while and not for every event. */
const DROP_TO = 63 / 64;

export type OutboxParts = { transactions: Transactions; memory: Memory; reserve: Reserve; bound: number };

export function openOutbox(db: DatabaseSync, { transactions, memory, reserve, bound }: OutboxParts): Outbox {
  const insert = db.prepare("INSERT INTO events (type, size, body) VALUES (?, ?, ?)");
  const insertSent = db.prepare("INSERT INTO events (seq, type, size, body) VALUES (?, ?, ?, ?)");
  const sentRows = db.prepare(`SELECT seq, size, ${WHOLE_BODY} FROM events WHERE seq >= ? ORDER BY seq LIMIT ?`);
  const waitingRows = db.prepare(`SELECT id, size, ${WHOLE_BODY} FROM events WHERE id > ? AND seq IS NULL ORDER BY id LIMIT ?`);
  const number = db.prepare("UPDATE events SET seq = ? WHERE id = ?");
  const overwrite = db.prepare("UPDATE events SET type = ?, size = ?, body = ? WHERE seq = ?");
  const sizeOfSent = db.prepare(`SELECT coalesce(sum(size + ${ROW_BYTES}), 0) AS bytes FROM events WHERE seq <= ?`);
  const removeSent = db.prepare("DELETE FROM events WHERE seq <= ?");
  const sizeOfAll = db.prepare(
    `SELECT coalesce(sum(size + ${ROW_BYTES}), 0) AS bytes, count(*) FILTER (WHERE id > ? AND seq IS NULL) AS waiting FROM events`,
  );
  const lostRows = "FROM events WHERE id > ? AND seq IS NULL AND id <= ? ORDER BY id LIMIT ?";
  const sizeOfLost = db.prepare(`SELECT coalesce(sum(size + ${ROW_BYTES}), 0) AS bytes, count(*) AS rows FROM (SELECT size ${lostRows})`);
  const removeLostRows = db.prepare(`DELETE FROM events WHERE id IN (SELECT id ${lostRows})`);
  const thinning = createThinning(db, ROW_BYTES);
  /** The newest row that an earlier process left. */
  const openedAt = Number(db.prepare("SELECT coalesce(max(id), 0) AS id FROM events").get()?.id);

  const remembered = memory.recall("numbering") as Numbering | undefined;
  if (remembered && !isNumbering(remembered)) throw new Damaged("the numbering makes no sense");
  const at = remembered ?? { life: randomUUID(), acked: 0, sent: 0, sent_id: 0 };
  const { bytes, waiting } = sizeOfAll.get(at.sent_id) ?? {};
  let state: State = {
    at,
    bytes: Number(bytes),
    waiting: Number(waiting),
    dropped: (memory.recall("dropped") as Dropped | undefined) ?? null,
    scanned: thinning.from(at.sent_id),
    over: false,
  };
  transactions.restoring(() => {
    const before = state;
    return () => {
      state = before;
    };
  });
  const change = (next: Partial<State>) => {
    state = { ...state, ...next };
  };
  const renumber = (next: Partial<Numbering>) => {
    change({ at: { ...state.at, ...next } });
    memory.remember("numbering", state.at);
  };
  if (!remembered) renumber(at);

  const readSent = (from: number, limits: { bytes: number; events: number }): OutboxBatch | null => {
    const batch: OutboxBatch = { first: from, bodies: [], bytes: 0 };
    for (const row of sentRows.iterate(from, limits.events)) {
      if (batch.bodies.length === 0) batch.first = Number(row.seq);
      if (!fits(batch, Number(row.size), limits.bytes)) break;
      push(batch, row);
    }
    return batch.bodies.length > 0 ? batch : null;
  };

  /** The report stands before the events that wait, though its row comes after them: it has its seq from the beginning. */
  const tellDropped = (batch: OutboxBatch): void => {
    // Above the bound more may be dropped at any moment: one report for all of it.
    if (!state.dropped || (state.bytes > bound && state.waiting > 0)) return;
    const body = JSON.stringify(dropReport(state.dropped, bound, Date.now()));
    const size = Buffer.byteLength(body);
    insertSent.run(batch.first, "log", size, body);
    memory.forget("dropped");
    change({ dropped: null, bytes: state.bytes + size + ROW_BYTES });
    push(batch, { body, size });
  };

  const numberWaiting = (limits: { bytes: number; events: number }): OutboxBatch | null => {
    const batch: OutboxBatch = { first: state.at.sent + 1, bodies: [], bytes: 0 };
    tellDropped(batch);
    const ids: number[] = [];
    const seq = batch.first + batch.bodies.length;
    for (const row of waitingRows.iterate(state.at.sent_id, limits.events)) {
      if (!fits(batch, Number(row.size), limits.bytes)) break;
      push(batch, row);
      ids.push(Number(row.id));
    }
    if (batch.bodies.length === 0) return null;
    for (const [index, id] of ids.entries()) number.run(seq + index, id);
    renumber({ sent: batch.first + batch.bodies.length - 1, sent_id: ids.at(-1) ?? state.at.sent_id });
    change({ waiting: state.waiting - ids.length });
    return batch;
  };

  const readWaiting = (limits: { bytes: number; events: number }): OutboxBatch | null => {
    if (state.waiting === 0 && !state.dropped) return null;
    let batch: OutboxBatch | null = null;
    const numbered = transactions.write(() => {
      batch = numberWaiting(limits);
    });
    return numbered ? batch : null;
  };

  const makeRoom = (newest: number): void => {
    const { freed, rows, scanned, dropped } = thinning.drop(state.bytes - bound * DROP_TO, state.scanned, newest);
    change({ bytes: state.bytes - freed, waiting: state.waiting - rows, scanned });
    const over = state.bytes > bound;
    if (rows > 0 || (over && !state.over)) {
      change({ dropped: joinDropped(state.dropped, { ...dropped, over }) });
      memory.remember("dropped", state.dropped);
    }
    change({ over });
  };

  const add = (event: AnyEvent): void => {
    const body = JSON.stringify(event);
    const size = Buffer.byteLength(body);
    if (size > EVENT_MAX) {
      add(tooBig(event, size));
      return;
    }
    transactions.run(() => {
      reserve.spend(size + ROW_BYTES);
      const { lastInsertRowid } = insert.run(event.type, size, body);
      change({ waiting: state.waiting + 1, bytes: state.bytes + size + ROW_BYTES });
      if (state.bytes > bound) makeRoom(Number(lastInsertRowid));
    });
  };

  /** Seqs are given in the order of rows: the first of those that were here when the file was opened are the ones whose seqs were lost. */
  const removeLost = (count: number): void => {
    const { bytes, rows } = sizeOfLost.get(state.at.sent_id, openedAt, count) ?? {};
    removeLostRows.run(state.at.sent_id, openedAt, count);
    change({ bytes: state.bytes - Number(bytes), waiting: state.waiting - Number(rows) });
  };

  const removeUpTo = (seq: number): void => {
    const gone = Number(sizeOfSent.get(seq)?.bytes);
    removeSent.run(seq);
    change({ bytes: state.bytes - gone });
  };

  return {
    figures: () => ({
      life: state.at.life,
      acked: state.at.acked,
      sent: state.at.sent,
      waiting: state.waiting + (state.dropped ? 1 : 0),
    }),
    held: () => state.bytes,
    add,
    read: (from, limits) => (from <= state.at.sent ? readSent(from, limits) : readWaiting(limits)),
    replace: (seq, event) => {
      const body = JSON.stringify(event);
      return transactions.write(() => void overwrite.run(event.type, Buffer.byteLength(body), body, seq));
    },
    acknowledge: (seq) => {
      const acked = Math.min(seq, state.at.sent);
      if (acked <= state.at.acked) return;
      const deleted = transactions.write(() => {
        removeUpTo(acked);
        renumber({ acked });
      });
      // After a crash they would be sent once more, and the room knows them.
      if (!deleted) change({ at: { ...state.at, acked } });
    },
    skipTo: (seq) => {
      if (seq <= state.at.sent) return;
      const skipped = transactions.write(() => {
        removeLost(seq - state.at.sent);
        removeUpTo(state.at.sent);
        renumber({ sent: seq, acked: seq });
      });
      if (!skipped) change({ at: { ...state.at, sent: seq, acked: seq } });
    },
    beginLife: () => {
      transactions.write(() => {
        removeUpTo(state.at.acked);
        db.exec("UPDATE events SET seq = NULL WHERE seq IS NOT NULL");
        renumber({ life: randomUUID(), acked: 0, sent: 0, sent_id: 0 });
        change({ waiting: Number(sizeOfAll.get(0)?.waiting), scanned: thinning.from(0) });
      });
    },
  };
}

function isNumbering(value: Numbering): boolean {
  const seqs = [value.acked, value.sent, value.sent_id];
  return typeof value.life === "string" && seqs.every(Number.isSafeInteger) && value.acked <= value.sent;
}

/** A batch holds at least one event, however big. */
function fits(batch: OutboxBatch, size: number, bytes: number): boolean {
  return batch.bodies.length === 0 || batch.bytes + size <= bytes;
}

function push(batch: OutboxBatch, row: Record<string, unknown>): void {
  batch.bodies.push(row.body === null ? unreadable() : String(row.body));
  batch.bytes += Number(row.size);
}

function unreadable(): string {
  return JSON.stringify(agentLog("warning", "an event could not be read back from the agent's disk, and was left out", Date.now()));
}

function tooBig(event: AnyEvent, size: number): AnyEvent {
  const message = `an event of type ${event.type} was left out: it has ${size} bytes, more than ${EVENT_MAX}`;
  return agentLog("warning", message, Date.now());
}
