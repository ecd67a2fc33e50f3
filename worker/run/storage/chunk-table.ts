import { CHUNK_ROW_FULL, CHUNK_ROW_MAX } from "../../../protocol/index.ts";
import { joinLines, type Line, splitLines } from "../log/line.ts";
import { utf8Bytes } from "../utf8.ts";
import type { SqlPort } from "./sql-port.ts";

/** Where a chunk ends: what a wake rebuilds the log from. `state` is the snapshot as JSON. */
export type ChunkEnd = {
  last_offset: number;
  life: number;
  last_seq: number;
  /** Of the last events in it, milliseconds since 1970. */
  stored_at: number;
  state: string | null;
};

type NewestRow = ChunkEnd & { first_offset: number; bytes: number; bytes_end: number };
type OldestRow = { first_offset: number; stored_at: number; bytes: number; bytes_end: number };
type EventsRow = { first_offset: number; events: string };

/** The row that grows: the bytes of its events, and of those in all rows before it. */
type Open = { first_offset: number; bytes: number; bytes_before: number };

/**
 * The rows that hold the log. The platform bills rows, deletes too, and not bytes: so the newest row grows in place (one row written each
 * time) until it is full, and trimming deletes one row where it would have deleted dozens. Each row carries the sum of all bytes up to
 * its end, so that the log's size is read from its two ends; only the newest row's snapshot is of use.
 */
export class ChunkTable {
  readonly #sql: SqlPort;
  #open: Open | null = null;
  /** Read when it is first asked for. */
  #oldest: OldestRow | null = null;

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  /** Reads where the log ends; forgets what was in memory. @returns null for an empty log */
  load(): ChunkEnd | null {
    this.#oldest = null;
    const columns = "first_offset, last_offset, life, last_seq, stored_at, bytes, bytes_end, state";
    const [row] = this.#sql.exec<NewestRow>(`SELECT ${columns} FROM chunks ORDER BY first_offset DESC LIMIT 1`).toArray();
    this.#open = row ? { first_offset: row.first_offset, bytes: row.bytes, bytes_before: row.bytes_end - row.bytes } : null;
    return row ?? null;
  }

  /** 0 for an empty log. */
  oldestOffset(): number {
    return this.#readOldest()?.first_offset ?? 0;
  }

  /** When the last events of the oldest row were stored, milliseconds since 1970; null for an empty log. */
  oldestStoredAt(): number | null {
    return this.#readOldest()?.stored_at ?? null;
  }

  /** Bytes of all events that were ever stored, trimmed ones too. */
  bytesEver(): number {
    return this.#open ? this.#open.bytes_before + this.#open.bytes : 0;
  }

  /** Bytes of all events. */
  bytes(): number {
    const oldest = this.#readOldest();
    return oldest ? this.bytesEver() - (oldest.bytes_end - oldest.bytes) : 0;
  }

  /**
   * Stores lines: in the newest row while that has room, else in a new one; in several where one would pass the platform's row limit.
   * Call inside a transaction.
   * @param lines without holes, not empty
   */
  append(lines: readonly Line[], end: Omit<ChunkEnd, "last_offset">): void {
    const stateBytes = end.state === null ? 0 : utf8Bytes(end.state);
    let start = 0;
    let bytes = 0;
    for (let i = 0; i < lines.length; i++) {
      const next = (lines[i]?.bytes ?? 0) + 1;
      if (bytes + next + stateBytes > CHUNK_ROW_MAX && i > start) {
        this.#insert(lines.slice(start, i), bytes, { ...end, state: null });
        start = i;
        bytes = 0;
      }
      bytes += next;
    }
    const rest = start === 0 ? lines : lines.slice(start);
    if (this.#open && this.#open.bytes + bytes <= CHUNK_ROW_FULL) this.#grow(this.#open, rest, bytes, end);
    else this.#insert(rest, bytes, end);
  }

  /**
   * Deletes the oldest rows while the log is too large or they are too old; the newest always stays.
   * @returns whether anything was deleted
   */
  trim(limits: { bytes: number; storedBefore: number }): boolean {
    let deleted = false;
    for (;;) {
      const oldest = this.#readOldest();
      if (!oldest || !this.#open || oldest.first_offset === this.#open.first_offset) return deleted;
      if (this.bytes() <= limits.bytes && oldest.stored_at >= limits.storedBefore) return deleted;
      this.#sql.exec("DELETE FROM chunks WHERE first_offset = ?", oldest.first_offset);
      this.#oldest = null;
      deleted = true;
    }
  }

  /** Stored lines from `after` + 1 on, oldest first, read lazily: stop iterating when enough. */
  *after(after: number): Generator<Line> {
    const rows = this.#sql.exec<EventsRow>(
      `SELECT first_offset, events FROM chunks
       WHERE first_offset >= COALESCE((SELECT MAX(first_offset) FROM chunks WHERE first_offset <= ?), 0) ORDER BY first_offset`,
      after + 1,
    );
    for (const row of rows) for (const line of splitLines(row.events, row.first_offset)) if (line.offset > after) yield line;
  }

  /** Stored lines before `before`, newest first, read lazily. */
  *before(before: number): Generator<Line> {
    const query = "SELECT first_offset, events FROM chunks WHERE first_offset < ? ORDER BY first_offset DESC";
    for (const row of this.#sql.exec<EventsRow>(query, before)) {
      for (const line of splitLines(row.events, row.first_offset).reverse()) if (line.offset < before) yield line;
    }
  }

  #grow(open: Open, lines: readonly Line[], bytes: number, end: Omit<ChunkEnd, "last_offset">): void {
    const grown = { ...open, bytes: open.bytes + bytes };
    this.#sql.exec(
      `UPDATE chunks SET last_offset = ?, life = ?, last_seq = ?, stored_at = ?, bytes = ?, bytes_end = ?, state = ?,
       events = events || char(10) || ? WHERE first_offset = ?`,
      lastOffset(lines),
      end.life,
      end.last_seq,
      end.stored_at,
      grown.bytes,
      grown.bytes_before + grown.bytes,
      end.state,
      joinLines(lines),
      open.first_offset,
    );
    this.#open = grown;
    if (this.#oldest?.first_offset === open.first_offset) this.#oldest = null;
  }

  #insert(lines: readonly Line[], bytes: number, end: Omit<ChunkEnd, "last_offset">): void {
    const first_offset = lines[0]?.offset ?? 0;
    const bytes_before = this.bytesEver();
    this.#sql.exec(
      "INSERT INTO chunks (first_offset, last_offset, life, last_seq, stored_at, bytes, bytes_end, events, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      first_offset,
      lastOffset(lines),
      end.life,
      end.last_seq,
      end.stored_at,
      bytes,
      bytes_before + bytes,
      joinLines(lines),
      end.state,
    );
    this.#open = { first_offset, bytes, bytes_before };
  }

  #readOldest(): OldestRow | null {
    const query = "SELECT first_offset, stored_at, bytes, bytes_end FROM chunks ORDER BY first_offset LIMIT 1";
    this.#oldest ??= this.#sql.exec<OldestRow>(query).toArray()[0] ?? null;
    return this.#oldest;
  }
}

function lastOffset(lines: readonly Line[]): number {
  return lines.at(-1)?.offset ?? 0;
}
