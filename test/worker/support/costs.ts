import { Room } from "../../../worker/run/room.ts";
import type { SqlPort, SqlValue, StoragePort } from "../../../worker/run/storage/sql-port.ts";
import { RoomStore } from "../../../worker/run/storage/store.ts";
import { wakeRoom } from "../../../worker/run/wake.ts";

type Rows = { read: number; written: number };

/** The run's real storage, with what the platform bills for: rows read and rows written, as its own cursors count them. */
export class Costs implements StoragePort {
  readonly #storage: DurableObjectStorage;
  readonly #cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    Room.create(new RoomStore(this), "counted", "Ada", 0);
  }

  readonly sql: SqlPort = {
    exec: <T extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]) => {
      const cursor = this.#storage.sql.exec<T>(query, ...bindings);
      this.#cursors.push(cursor);
      return cursor;
    },
  };

  transactionSync<T>(work: () => T): T {
    return this.#storage.transactionSync(work);
  }

  /** What some work costs. A cursor that is read lazily counts what was taken from it. */
  of(work: () => unknown): Rows {
    this.#cursors.length = 0;
    work();
    const rows = { read: 0, written: 0 };
    for (const { rowsRead, rowsWritten } of this.#cursors) {
      rows.read += rowsRead;
      rows.written += rowsWritten;
    }
    return rows;
  }

  /** The room, as it is after an eviction with nobody connected. */
  wake(): Room {
    const store = new RoomStore(this);
    store.open();
    const effects = { alarm: () => undefined, listed: () => undefined, newId: () => crypto.randomUUID(), identify: () => undefined };
    return wakeRoom({ store, storage: this, effects, logger: () => undefined, clock: () => 0 }, [], 0).room;
  }

  join(room: Room, subscription: readonly string[], since: string | null): void {
    const socket = { send: () => true, close: () => undefined, remember: () => undefined, buffered: () => null };
    const attachment = { kind: "viewer", sub: "v", role: "viewer", exp: 1e12, client_id: "v", mode: "batched", subscription } as const;
    room.viewers.join(socket, { ...attachment, joined_at: 0, behind_at: null }, { since, replay: 500 }, 0);
  }
}
