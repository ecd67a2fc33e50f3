import { type AnyEvent, LIVES_KEPT } from "../../../protocol/index.ts";
import type { LifeStart } from "../history/lives.ts";
import type { Line } from "../log/line.ts";
import { ChunkTable } from "./chunk-table.ts";
import { HistoryTable } from "./history-table.ts";
import { migrate } from "./schema.ts";
import type { SqlPort, SqlValue, StoragePort } from "./sql-port.ts";

/** `start_seq`: everything up to it counts as stored; of a superseded life it is the newest that is. */
export type Life = { id: number; life: string; base: number; start_seq: number };
export type Numbering = { log_id: string; first_offset: number };
/** An event of the room's own that waits for its offset. */
export type HeldEvent = { id: number; event: AnyEvent };
export type Meta = {
  owner: string | null;
  run: string;
  created_at: string;
  run_info: AnyEvent | null;
};

/**
 * Rows of one room. A room that no producer has come to has no tables: asking for a run that does not exist leaves nothing behind. One that
 * had a blob before its first hello has tables, and no run.
 */
export class RoomStore {
  readonly #sql: SqlPort;
  readonly #storage: StoragePort;
  readonly chunks: ChunkTable;
  readonly history: HistoryTable;

  constructor(storage: StoragePort) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.chunks = new ChunkTable(storage.sql);
    this.history = new HistoryTable(storage.sql);
  }

  /**
   * Brings an older schema up to date.
   * @returns false where the run does not exist yet
   * @throws Error where a newer relay has stored the run
   */
  open(): boolean {
    if (!this.hasTables()) return false;
    this.transaction(() => migrate(this.#sql, this.#version()));
    return this.#value("run") !== null;
  }

  /** Makes the tables where there are none yet, and no run. */
  prepare(): void {
    if (!this.hasTables()) this.transaction(() => migrate(this.#sql, 0));
  }

  hasTables(): boolean {
    return this.#rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'meta' LIMIT 1").length > 0;
  }

  /** Makes a new run. */
  create(run: string, owner: string, createdAt: string): void {
    this.transaction(() => {
      migrate(this.#sql, this.hasTables() ? this.#version() : 0);
      this.#set("run", run);
      this.#set("owner", owner);
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
      owner: this.#value("owner"),
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

  /** Where lives begin in the log, the oldest first. */
  lifeStarts(): LifeStart[] {
    return this.#rows<LifeStart>("SELECT id, first_offset FROM lives ORDER BY id");
  }

  /** @returns the newest seq of a superseded life that is stored */
  lastSeqOf(life: string): number {
    return (
      this.#rows<{ start_seq: number }>("SELECT start_seq FROM lives WHERE life = ? ORDER BY id DESC LIMIT 1", life)[0]?.start_seq ?? 0
    );
  }

  /** @param firstOffset of its first event */
  addLife(life: Omit<Life, "id">, firstOffset: number): Life {
    const { base, start_seq } = life;
    this.#sql.exec("INSERT INTO lives (life, base, start_seq, first_offset) VALUES (?, ?, ?, ?)", life.life, base, start_seq, firstOffset);
    const added = this.present();
    if (added === null) throw new Error("a life that was just added is not there");
    this.#sql.exec("DELETE FROM lives WHERE id <= ?", added.id - LIVES_KEPT);
    return added;
  }

  setLife(id: number, base: number, startSeq: number): void {
    this.#sql.exec("UPDATE lives SET base = ?, start_seq = ? WHERE id = ?", base, startSeq, id);
  }

  addNumbering(numbering: Numbering): void {
    this.#sql.exec("INSERT INTO logs (log_id, first_offset) VALUES (?, ?)", numbering.log_id, numbering.first_offset);
  }

  /** The name of the present numbering; empty before the first producer. */
  logId(): string {
    return this.#rows<{ log_id: string }>("SELECT log_id FROM logs ORDER BY id DESC LIMIT 1")[0]?.log_id ?? "";
  }

  /** Every numbering of this room's log, oldest first. */
  numberings(): Numbering[] {
    return this.#rows<Numbering>("SELECT log_id, first_offset FROM logs ORDER BY id");
  }

  /** Numberings that no readable offset belongs to any more. @param oldest the first offset that can still be read */
  trimNumberings(oldest: number): void {
    this.#sql.exec("DELETE FROM logs WHERE id < (SELECT MAX(id) FROM logs WHERE first_offset < ?)", oldest);
  }

  /** Samples outlive the log. Call inside the transaction that stores their lines. */
  addSamples(lines: readonly Line[]): void {
    for (const line of lines) {
      if (line.type !== "sample_generated") continue;
      const sampleId = (JSON.parse(line.json) as { sample_id?: string }).sample_id ?? "";
      this.#sql.exec("INSERT OR REPLACE INTO samples (offset, sample_id, event) VALUES (?, ?, ?)", line.offset, sampleId, line.json);
    }
  }

  /** Keeps an event of the room's own until it is placed. */
  hold(event: AnyEvent): HeldEvent {
    const query = "INSERT INTO held (event) VALUES (?) RETURNING id";
    const { id } = this.#rows<{ id: number }>(query, JSON.stringify(event))[0] ?? { id: 0 };
    return { id, event };
  }

  dropHeld(id: number): void {
    this.#sql.exec("DELETE FROM held WHERE id = ?", id);
  }

  /** What waits, oldest first. */
  held(): HeldEvent[] {
    return this.#rows<{ id: number; event: string }>("SELECT id, event FROM held ORDER BY id").map(({ id, event }) => ({
      id,
      event: JSON.parse(event) as AnyEvent,
    }));
  }

  /** Samples before an offset, newest first. */
  samples(before: number, limit: number): AnyEvent[] {
    return this.#rows<{ event: string }>("SELECT event FROM samples WHERE offset < ? ORDER BY offset DESC LIMIT ?", before, limit).map(
      (row) => JSON.parse(row.event) as AnyEvent,
    );
  }

  sample(sampleId: string): AnyEvent | null {
    const row = this.#rows<{ event: string }>("SELECT event FROM samples WHERE sample_id = ? ORDER BY offset DESC LIMIT 1", sampleId)[0];
    return row ? (JSON.parse(row.event) as AnyEvent) : null;
  }

  #version(): number {
    return Number(this.#value("schema") ?? 0);
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
