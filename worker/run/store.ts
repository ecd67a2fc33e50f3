import type { AnyEvent } from "../../protocol/index.ts";
import { CHUNK_ROW_MAX } from "../../protocol/index.ts";
import { joinLines, type Line, splitLines } from "./encode.ts";
import type { RunState } from "./snapshot.ts";

/** The part of the platform's SQLite that the room uses. `exec` is synchronous; cursors are consumed before any `await`. */
export type SqlPort = {
  exec<T extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): Iterable<T> & { toArray(): T[] };
};
export type SqlValue = string | number | ArrayBuffer | null;
export type StoragePort = { sql: SqlPort; transactionSync<T>(work: () => T): T };

/** The schema's version stands in a table: `PRAGMA user_version` is refused by the platform. Append; never edit one that has shipped. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE lives (id INTEGER PRIMARY KEY, life TEXT NOT NULL, base INTEGER NOT NULL, start_seq INTEGER NOT NULL);
   CREATE TABLE logs (id INTEGER PRIMARY KEY, log_id TEXT NOT NULL, first_offset INTEGER NOT NULL);
   CREATE TABLE chunks (first_offset INTEGER PRIMARY KEY, last_offset INTEGER NOT NULL, life INTEGER NOT NULL, last_seq INTEGER NOT NULL,
     stored_at INTEGER NOT NULL, bytes INTEGER NOT NULL, bytes_end INTEGER NOT NULL, events TEXT NOT NULL, state TEXT);
   CREATE TABLE samples (offset INTEGER PRIMARY KEY, sample_id TEXT NOT NULL, event TEXT NOT NULL);
   CREATE TABLE commands (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;`,
];

export type Life = { id: number; life: string; base: number; start_seq: number };
export type Numbering = { log_id: string; first_offset: number };
export type Meta = { run: string; created_at: string; run_info: AnyEvent | null };

type ChunkEnd = {
  first_offset: number;
  last_offset: number;
  life: number;
  last_seq: number;
  stored_at: number;
  bytes_end: number;
  state: string | null;
};
type ChunkRow = { first_offset: number; last_offset: number; events: string };

/** Rows of one room. A room that no producer has greeted has no tables: asking for a run that does not exist leaves nothing behind. */
export class RoomStore {
  readonly #sql: SqlPort;
  readonly #storage: StoragePort;
  #bytesEnd = 0;

  constructor(storage: StoragePort) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** @returns false where the run does not exist yet. Brings an older schema up to date. */
  open(): boolean {
    if (this.#rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'meta'").length === 0) return false;
    this.#migrate(Number(this.#value("schema") ?? 0));
    this.#bytesEnd = this.newestChunk()?.bytes_end ?? 0;
    return true;
  }

  /** Makes the tables of a new run. */
  create(run: string, createdAt: string): void {
    this.#storage.transactionSync(() => {
      this.#migrate(0);
      this.#set("run", run);
      this.#set("created_at", createdAt);
    });
  }

  transaction<T>(work: () => T): T {
    return this.#storage.transactionSync(work);
  }

  meta(): Meta {
    const runInfo = this.#value("run_info");
    return {
      run: this.#value("run") ?? "",
      created_at: this.#value("created_at") ?? "",
      run_info: runInfo === null ? null : (JSON.parse(runInfo) as AnyEvent),
    };
  }

  setRunInfo(runInfo: AnyEvent): void {
    this.#set("run_info", JSON.stringify(runInfo));
  }

  present(): Life | null {
    return this.#rows<Life>("SELECT id, life, base, start_seq FROM lives ORDER BY id DESC LIMIT 1")[0] ?? null;
  }

  knowsLife(life: string): boolean {
    return this.#rows("SELECT id FROM lives WHERE life = ? LIMIT 1", life).length > 0;
  }

  addLife(life: Omit<Life, "id">): Life {
    this.#sql.exec("INSERT INTO lives (life, base, start_seq) VALUES (?, ?, ?)", life.life, life.base, life.start_seq);
    const added = this.present();
    if (added === null) throw new Error("a life that was just added is not there");
    return added;
  }

  setLife(id: number, base: number, startSeq: number): void {
    this.#sql.exec("UPDATE lives SET base = ?, start_seq = ? WHERE id = ?", base, startSeq, id);
  }

  addNumbering(numbering: Numbering): void {
    this.#sql.exec("INSERT INTO logs (log_id, first_offset) VALUES (?, ?)", numbering.log_id, numbering.first_offset);
  }

  /** Every numbering of this room's log, oldest first. */
  numberings(): Numbering[] {
    return this.#rows<Numbering>("SELECT log_id, first_offset FROM logs ORDER BY id");
  }

  newestChunk(): ChunkEnd | null {
    const newest =
      "SELECT first_offset, last_offset, life, last_seq, stored_at, bytes_end, state FROM chunks ORDER BY first_offset DESC LIMIT 1";
    return this.#rows<ChunkEnd>(newest)[0] ?? null;
  }

  oldestOffset(): number {
    return this.#rows<{ first: number | null }>("SELECT MIN(first_offset) AS first FROM chunks")[0]?.first ?? 0;
  }

  /** Bytes of events in the log. Two rows, whatever its length: each chunk carries a running sum. */
  logBytes(): number {
    const oldest = this.#rows<{ bytes: number; bytes_end: number }>("SELECT bytes, bytes_end FROM chunks ORDER BY first_offset LIMIT 1")[0];
    return oldest ? this.#bytesEnd - oldest.bytes_end + oldest.bytes : 0;
  }

  /**
   * Stores lines as one row; as several where one would pass the platform's row limit. Call inside a transaction.
   * @param lines without holes, not empty
   */
  addChunk(lines: readonly Line[], state: RunState, end: { life: number; last_seq: number; now: number }): void {
    const { run_info: _, ...kept } = state;
    const stateText = JSON.stringify(kept);
    const room = CHUNK_ROW_MAX - stateText.length * 3;
    let start = 0;
    let bytes = 0;
    for (let i = 0; i < lines.length; i++) {
      const next = lines[i]?.bytes ?? 0;
      if (bytes + next > room && i > start) {
        this.#insertChunk(lines.slice(start, i), bytes, null, end);
        start = i;
        bytes = 0;
      }
      bytes += next + 1;
    }
    this.#insertChunk(lines.slice(start), bytes, stateText, end);
    for (const line of lines) {
      if (line.type !== "sample_generated") continue;
      const sampleId = (JSON.parse(line.json) as { sample_id?: string }).sample_id ?? "";
      this.#sql.exec("INSERT OR REPLACE INTO samples (offset, sample_id, event) VALUES (?, ?, ?)", line.offset, sampleId, line.json);
    }
  }

  /** Deletes the oldest chunks while the log is too large or they are too old; the newest always stays. */
  trim(limits: { bytes: number; storedBefore: number }): void {
    const newest = this.newestChunk();
    if (newest === null) return;
    for (let spare = this.logBytes() - limits.bytes; ; ) {
      const oldest = this.#rows<{ first_offset: number; bytes: number; stored_at: number }>(
        "SELECT first_offset, bytes, stored_at FROM chunks ORDER BY first_offset LIMIT 1",
      )[0];
      if (oldest === undefined || oldest.first_offset === newest.first_offset) return;
      if (spare <= 0 && oldest.stored_at >= limits.storedBefore) return;
      this.#sql.exec("DELETE FROM chunks WHERE first_offset = ?", oldest.first_offset);
      spare -= oldest.bytes;
    }
  }

  /** Stored lines from `after` + 1 on, oldest first, read lazily: stop iterating when enough. */
  *linesAfter(after: number): Generator<Line> {
    const rows = this.#sql.exec<ChunkRow>(
      `SELECT first_offset, last_offset, events FROM chunks
       WHERE first_offset >= COALESCE((SELECT MAX(first_offset) FROM chunks WHERE first_offset <= ?), 0) ORDER BY first_offset`,
      after + 1,
    );
    for (const row of rows) for (const line of splitLines(row.events, row.first_offset)) if (line.offset > after) yield line;
  }

  /** Stored lines before `before`, newest first, read lazily. */
  *linesBefore(before: number): Generator<Line> {
    const query = "SELECT first_offset, last_offset, events FROM chunks WHERE first_offset < ? ORDER BY first_offset DESC";
    for (const row of this.#sql.exec<ChunkRow>(query, before)) {
      for (const line of splitLines(row.events, row.first_offset).reverse()) if (line.offset < before) yield line;
    }
  }

  /** Every sample, newest first. */
  samples(): AnyEvent[] {
    return this.#rows<{ event: string }>("SELECT event FROM samples ORDER BY offset DESC").map((row) => JSON.parse(row.event) as AnyEvent);
  }

  sample(sampleId: string): AnyEvent | null {
    const row = this.#rows<{ event: string }>("SELECT event FROM samples WHERE sample_id = ? ORDER BY offset DESC LIMIT 1", sampleId)[0];
    return row ? (JSON.parse(row.event) as AnyEvent) : null;
  }

  #insertChunk(lines: readonly Line[], bytes: number, state: string | null, end: { life: number; last_seq: number; now: number }): void {
    const first = lines[0];
    const last = lines.at(-1);
    if (first === undefined || last === undefined) return;
    this.#bytesEnd += bytes;
    this.#sql.exec(
      "INSERT INTO chunks (first_offset, last_offset, life, last_seq, stored_at, bytes, bytes_end, events, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      first.offset,
      last.offset,
      end.life,
      end.last_seq,
      end.now,
      bytes,
      this.#bytesEnd,
      joinLines(lines),
      state,
    );
  }

  #migrate(from: number): void {
    if (from >= MIGRATIONS.length) return;
    for (const migration of MIGRATIONS.slice(from)) this.#sql.exec(migration);
    this.#set("schema", String(MIGRATIONS.length));
  }

  #value(key: string): string | null {
    return this.#rows<{ value: string }>("SELECT value FROM meta WHERE key = ?", key)[0]?.value ?? null;
  }

  #set(key: string, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
  }

  #rows<T extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): T[] {
    return this.#sql.exec<T>(query, ...bindings).toArray();
  }
}
