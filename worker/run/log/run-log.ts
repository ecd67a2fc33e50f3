import type { AnyEvent, Hello, Position } from "../../../protocol/index.ts";
import { CHUNK_AGE_MS, CHUNK_BYTES, LOG_AGE_MAX_MS, LOG_BYTES_MAX, POSITION_AHEAD_MAX } from "../../../protocol/index.ts";
import { lifeFinder } from "../history/lives.ts";
import { sealDue } from "../history/sealing.ts";
import { segmentsOf } from "../history/segment.ts";
import { EMPTY_STATE, type RunState, reduceState } from "../snapshot.ts";
import type { Life, RoomStore } from "../storage/store.ts";
import { utf8Bytes } from "../utf8.ts";
import { encodeEvent, type Line, stampEvent } from "./line.ts";

/**
 * PR1, PR3: the room's log. Events get their offset here, wait in the tail, and are stored as chunks. `lastOffset` and
 * `lastSeq` count the tail; `storedSeq` does not. What is told of numberings (log_id) is decided here too.
 */
export class RunLog {
  readonly #store: RoomStore;
  #life: Life | null;
  #logId: string;
  #state: RunState;
  #lastOffset: number;
  #lastSeq: number;
  #storedSeq: number;
  #lastChunkAt: number;
  #tail: Line[] = [];
  #tailBytes = 0;

  /** @param store of a run that exists; what is rebuilt comes from the newest rows alone */
  constructor(store: RoomStore) {
    this.#store = store;
    const chunk = store.chunks.load();
    store.history.load();
    this.#life = store.present();
    this.#logId = store.logId();
    this.#state = {
      ...EMPTY_STATE,
      ...(chunk?.state ? (JSON.parse(chunk.state) as Partial<RunState>) : {}),
      run_info: store.meta().run_info,
    };
    this.#lastOffset = chunk?.last_offset ?? 0;
    this.#lastSeq =
      this.#life && chunk?.life === this.#life.id ? Math.max(chunk.last_seq, this.#life.start_seq) : (this.#life?.start_seq ?? 0);
    this.#storedSeq = this.#lastSeq;
    this.#lastChunkAt = chunk?.stored_at ?? 0;
  }

  get life(): string | null {
    return this.#life?.life ?? null;
  }
  get logId(): string {
    return this.#logId;
  }
  get state(): RunState {
    return this.#state;
  }
  get lastOffset(): number {
    return this.#lastOffset;
  }
  get lastSeq(): number {
    return this.#lastSeq;
  }
  get storedSeq(): number {
    return this.#storedSeq;
  }
  /** When the newest chunk was stored, milliseconds since 1970; 0 for never. */
  get lastChunkAt(): number {
    return this.#lastChunkAt;
  }
  get tail(): { events: number; bytes: number } {
    return { events: this.#tail.length, bytes: this.#tailBytes };
  }
  /** The first offset that can still be read, 0 when the log is empty. */
  get oldestOffset(): number {
    return this.#store.chunks.oldestOffset() || (this.#tail[0]?.offset ?? 0);
  }

  /** Takes events of the producer, seq by seq after `lastSeq`, into the tail. */
  append(events: readonly AnyEvent[], now: number): Line[] {
    const lines = events.map((event) => this.#take(event, now));
    this.#lastSeq += lines.length;
    return lines;
  }

  /** PR3: whether a chunk is to be written now that a batch has come. */
  chunkDue(flush: boolean, now: number): boolean {
    return this.#tail.length > 0 && (flush || now - this.#lastChunkAt >= CHUNK_AGE_MS || this.#tailBytes >= CHUNK_BYTES);
  }

  /** Stores the tail; after it `storedSeq` is what may be acknowledged. */
  storeTail(now: number): void {
    if (this.#tail.length > 0) this.#store.transaction(() => this.#writeTail(now));
  }

  /**
   * PR1: an event of the room's own. The waiting tail, the event and the raised base are stored in one transaction, before anyone sees it.
   * @param also is stored in the same transaction
   * @returns the line to send
   */
  place(event: AnyEvent, now: number, also: () => void): Line {
    return this.#store.transaction(() => {
      also();
      const line = this.#take(event, now);
      if (this.#life) {
        this.#life = { ...this.#life, base: this.#life.base + 1 };
        this.#store.setLife(this.#life.id, this.#life.base, this.#life.start_seq);
      }
      this.#writeTail(now);
      return line;
    });
  }

  /** A new life, and with it a new numbering. @returns the first offset of the numbering */
  beginLife(life: string, startSeq: number, logId: string, now: number): number {
    return this.#store.transaction(() => {
      this.#writeTail(now);
      // Rows of the log are shared by lives: how much of a life is stored is kept with it, for a producer that comes back to it.
      if (this.#life) this.#store.setLife(this.#life.id, this.#life.base, this.#lastSeq);
      this.#life = this.#store.addLife({ life, base: this.#lastOffset - startSeq, start_seq: startSeq }, this.#lastOffset + 1);
      this.#lastSeq = startSeq;
      this.#storedSeq = startSeq;
      return this.renumber(logId);
    });
  }

  /** The present life goes on after `seq`, though not all up to there is here: what is missing cannot come any more. */
  skipTo(seq: number, logId: string): number {
    return this.#store.transaction(() => {
      if (this.#life) {
        this.#life = { ...this.#life, base: this.#lastOffset - seq, start_seq: seq };
        this.#store.setLife(this.#life.id, this.#life.base, seq);
      }
      this.#lastSeq = seq;
      this.#storedSeq = seq;
      return this.renumber(logId);
    });
  }

  /** Offsets after the present one get another meaning from now on. @returns the first of them */
  renumber(logId: string): number {
    this.#logId = logId;
    this.#store.addNumbering({ log_id: logId, first_offset: this.#lastOffset + 1 });
    return this.#lastOffset + 1;
  }

  /** `run_info` of a hello belongs to the state and is no event. */
  setRunInfo(fields: Hello["run_info"], now: number): void {
    if (!fields) return;
    const event = { timestamp: new Date(now).toISOString(), ...fields, type: "run_info" };
    this.#state = reduceState(this.#state, event, utf8Bytes(JSON.stringify(event)));
    if (this.#state.run_info) this.#store.setRunInfo(this.#state.run_info);
  }

  /** VW3: whether everything after the position is still here under the meaning that it had. */
  isGood(position: Position): boolean {
    if (position.offset > this.#lastMeant(position.log_id)) return false;
    const oldest = this.oldestOffset;
    return oldest === 0 ? position.offset >= this.#lastOffset : position.offset + 1 >= oldest;
  }

  /** Up to which offset a numbering goes, -1 for one that is not known. The present one goes on where the producer is about to send. */
  #lastMeant(logId: string): number {
    // Most viewers come back to the numbering that they left: the others need not be read.
    if (logId === this.#logId && logId !== "") return this.#lastOffset + POSITION_AHEAD_MAX;
    const numberings = this.#store.numberings();
    const index = numberings.findIndex((numbering) => numbering.log_id === logId);
    return index === -1 ? -1 : (numberings[index + 1]?.first_offset ?? 0) - 1;
  }

  /** Lines after an offset, oldest first, lazily; stored ones, then the tail. */
  *after(offset: number): Generator<Line> {
    yield* this.#store.chunks.after(offset);
    for (const line of this.#tail) if (line.offset > offset) yield line;
  }

  /** Lines before an offset, newest first, lazily. */
  *before(offset: number): Generator<Line> {
    for (let i = this.#tail.length - 1; i >= 0; i--) {
      const line = this.#tail[i];
      if (line && line.offset < offset) yield line;
    }
    yield* this.#store.chunks.before(offset);
  }

  #take(event: AnyEvent, now: number): Line {
    this.#lastOffset += 1;
    const stamped = stampEvent(event, this.#lastOffset, now);
    const line = encodeEvent(stamped);
    this.#tail.push(line);
    this.#tailBytes += line.bytes;
    this.#state = reduceState(this.#state, stamped, line.bytes);
    return line;
  }

  #writeTail(now: number): void {
    this.#lastChunkAt = now;
    if (this.#tail.length === 0) return;
    if (this.#tail.some((line) => line.type === "run_info") && this.#state.run_info) this.#store.setRunInfo(this.#state.run_info);
    const { run_info: _, ...kept } = this.#state;
    const end = { life: this.#life?.id ?? 0, last_seq: this.#lastSeq, stored_at: now, state: JSON.stringify(kept) };
    const { chunks } = this.#store;
    chunks.append(this.#tail, end);
    this.#store.addSamples(this.#tail);
    this.#sealHistory(now);
    if (chunks.trim({ bytes: LOG_BYTES_MAX, storedBefore: now - LOG_AGE_MAX_MS })) this.#store.trimNumberings(chunks.oldestOffset());
    this.#tail = [];
    this.#tailBytes = 0;
    this.#storedSeq = this.#lastSeq;
  }

  /** Points are sealed in the transaction that stores their last events, and before trimming: the log, and it alone, has all the others. */
  #sealHistory(now: number): void {
    const { chunks, history } = this.#store;
    const sealed = history.sealed();
    const end = { through: this.#lastOffset, log_bytes: chunks.bytesEver(), sealed_at: now };
    if (sealDue(sealed, chunks.oldestStoredAt() ?? now, end)) {
      history.append(segmentsOf(chunks.after(sealed.through), lifeFinder(this.#store.lifeStarts())), end);
    }
  }
}
