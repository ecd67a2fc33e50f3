import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { type AnyEvent, EVENT_MAX } from "../../protocol/index.ts";

/** Where a producer stands. `acked` and `sent` are seqs of `life`, 0 for none. */
export type OutboxFigures = {
  life: string;
  /** Everything up to here is durable in the room, and deleted here. */
  acked: number;
  /** The highest seq that was ever given out. */
  sent: number;
  /** Events without a seq. */
  waiting: number;
};

/** Events with consecutive seqs, each as it stands in JSON. */
export type OutboxBatch = { first: number; bodies: string[]; bytes: number };

export type Outbox = {
  figures(): OutboxFigures;
  /** An event that no room could store is replaced by a `log` event that says so. */
  add(event: AnyEvent): void;
  /**
   * Reads a batch; events that have no seq yet get theirs, durably, before they are returned.
   * @param from the first seq wanted; at most `sent + 1`
   * @returns null where there is nothing from there on
   */
  read(from: number, limits: { bytes: number; events: number }): OutboxBatch | null;
  /** Puts another event in the place of one that was sent and that the room refuses. */
  replace(seq: number, event: AnyEvent): void;
  /** PR3: everything up to `seq` is stored in the room. */
  acknowledge(seq: number): void;
  /** The room knows of seqs that this file does not (it lost its last moments to a power cut): they are not given out again. */
  skipTo(seq: number): void;
  /** PR2: a new numbering from 1; what is not acknowledged will be sent in it. */
  beginLife(): void;
};

type Memory = {
  transaction<T>(work: () => T): T;
  recall(key: string): unknown;
  remember(key: string, value: unknown): void;
};

/** What is remembered: `sent_id` is the row that carries `sent`, so that rows past it are those without a seq. */
type Numbering = { life: string; acked: number; sent: number; sent_id: number };

export function openOutbox(db: DatabaseSync, { transaction, recall, remember }: Memory): Outbox {
  const insert = db.prepare("INSERT INTO events (type, size, body) VALUES (?, ?, ?)");
  const sentRows = db.prepare("SELECT seq, size, body FROM events WHERE seq >= ? ORDER BY seq LIMIT ?");
  const waitingRows = db.prepare("SELECT id, size, body FROM events WHERE id > ? ORDER BY id LIMIT ?");
  const number = db.prepare("UPDATE events SET seq = ? WHERE id = ?");
  const overwrite = db.prepare("UPDATE events SET type = ?, size = ?, body = ? WHERE seq = ?");
  const removeSent = db.prepare("DELETE FROM events WHERE seq <= ?");
  const countWaiting = db.prepare("SELECT count(*) AS n FROM events WHERE id > ?");

  let at = (recall("numbering") as Numbering | undefined) ?? { life: randomUUID(), acked: 0, sent: 0, sent_id: 0 };
  let waiting = Number(countWaiting.get(at.sent_id)?.n ?? 0);
  const renumber = (next: Numbering) => {
    remember("numbering", next);
    at = next;
  };
  renumber(at);

  const readSent = (from: number, limits: { bytes: number; events: number }): OutboxBatch | null => {
    const batch: OutboxBatch = { first: from, bodies: [], bytes: 0 };
    for (const row of sentRows.iterate(from, limits.events)) {
      if (batch.bodies.length === 0) batch.first = Number(row.seq);
      if (!fits(batch, Number(row.size), limits.bytes)) break;
      push(batch, row);
    }
    return batch.bodies.length > 0 ? batch : null;
  };

  const numberWaiting = (limits: { bytes: number; events: number }): OutboxBatch | null => {
    const batch: OutboxBatch = { first: at.sent + 1, bodies: [], bytes: 0 };
    const ids: number[] = [];
    for (const row of waitingRows.iterate(at.sent_id, limits.events)) {
      if (!fits(batch, Number(row.size), limits.bytes)) break;
      push(batch, row);
      ids.push(Number(row.id));
    }
    const last = ids.at(-1);
    if (last === undefined) return null;
    transaction(() => {
      for (const [index, id] of ids.entries()) number.run(batch.first + index, id);
      renumber({ ...at, sent: at.sent + ids.length, sent_id: last });
    });
    waiting -= ids.length;
    return batch;
  };

  const add = (event: AnyEvent): void => {
    const body = JSON.stringify(event);
    const size = Buffer.byteLength(body);
    if (size > EVENT_MAX) {
      add(tooBig(event, size));
      return;
    }
    insert.run(event.type, size, body);
    waiting += 1;
  };

  return {
    figures: () => ({ life: at.life, acked: at.acked, sent: at.sent, waiting }),
    add,
    read: (from, limits) => (from <= at.sent ? readSent(from, limits) : numberWaiting(limits)),
    replace: (seq, event) => {
      const body = JSON.stringify(event);
      overwrite.run(event.type, Buffer.byteLength(body), body, seq);
    },
    acknowledge: (seq) => {
      const acked = Math.min(seq, at.sent);
      if (acked <= at.acked) return;
      transaction(() => {
        removeSent.run(acked);
        renumber({ ...at, acked });
      });
    },
    skipTo: (seq) => {
      if (seq <= at.sent) return;
      transaction(() => {
        removeSent.run(at.sent);
        renumber({ ...at, sent: seq, acked: seq });
      });
    },
    beginLife: () => {
      transaction(() => {
        db.exec("UPDATE events SET seq = NULL");
        renumber({ life: randomUUID(), acked: 0, sent: 0, sent_id: 0 });
      });
      waiting = Number(countWaiting.get(0)?.n ?? 0);
    },
  };
}

/** A batch holds at least one event, however big. */
function fits(batch: OutboxBatch, size: number, bytes: number): boolean {
  return batch.bodies.length === 0 || batch.bytes + size <= bytes;
}

function push(batch: OutboxBatch, row: Record<string, unknown>): void {
  batch.bodies.push(String(row.body));
  batch.bytes += Number(row.size);
}

function tooBig(event: AnyEvent, size: number): AnyEvent {
  const message = `an event of type ${event.type} was left out: it has ${size} bytes, more than ${EVENT_MAX}`;
  return { type: "log", timestamp: event.timestamp ?? new Date().toISOString(), level: "warning", message, source: "agent" };
}
