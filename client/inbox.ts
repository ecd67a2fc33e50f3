import type { Position } from "../protocol/index.ts";
import type { Received } from "./received.ts";

/** Past either of these a reader is behind: a connection then acknowledges nothing, so that the room stops sending (VW6). */
const ITEMS = 10_000;
const BYTES = 8 * 1024 * 1024;

/** `at`: where a viewer is that has read the item. */
type Unread = { item: Received; bytes: number; at: Position | null };

/** What a connection's async iterator has not read yet. One reader. */
export class Inbox implements AsyncIterator<Received, void, undefined> {
  readonly #tell: (behind: boolean) => void;
  readonly #onLeave: () => void;
  #unread: Unread[] = [];
  #read = 0;
  #bytes = 0;
  #behind = false;
  #ended = false;
  #at: Position | null;
  #arrival: { promise: Promise<void>; wake: () => void } | null = null;

  /**
   * @param at where the viewer is before the first item
   * @param tell called when the reader has fallen behind, and when it is no longer
   * @param onLeave called when the reader wants nothing more
   */
  constructor(at: Position | null, tell: (behind: boolean) => void, onLeave: () => void) {
    this.#at = at;
    this.#tell = tell;
    this.#onLeave = onLeave;
  }

  /** Where the reader is; undefined where it has read everything. */
  get at(): Position | null | undefined {
    return this.#read < this.#unread.length ? this.#at : undefined;
  }

  push(item: Received, bytes: number, at: Position | null): void {
    this.#unread.push({ item, bytes, at });
    this.#bytes += bytes;
    this.#judge();
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async next(): Promise<IteratorResult<Received, void>> {
    for (;;) {
      const item = this.#take();
      if (item !== null) return { done: false, value: item };
      if (this.#ended) return { done: true, value: undefined };
      await this.#something();
    }
  }

  /** A loop that was left must not hold back the connection of the callbacks. */
  async return(): Promise<IteratorResult<Received, void>> {
    this.#unread = [];
    this.#read = 0;
    this.#bytes = 0;
    this.#judge();
    this.end();
    this.#onLeave();
    return { done: true, value: undefined };
  }

  #take(): Received | null {
    const next = this.#unread[this.#read];
    if (next === undefined) return null;
    this.#read += 1;
    this.#bytes -= next.bytes;
    this.#at = next.at;
    // In one go: shifting an array once per item costs its length each time.
    if (this.#read === this.#unread.length || this.#read >= ITEMS) {
      this.#unread = this.#unread.slice(this.#read);
      this.#read = 0;
    }
    this.#judge();
    return next.item;
  }

  #judge(): void {
    const behind = this.#unread.length - this.#read >= ITEMS || this.#bytes >= BYTES;
    if (behind === this.#behind) return;
    this.#behind = behind;
    this.#tell(behind);
  }

  #something(): Promise<void> {
    if (this.#arrival !== null) return this.#arrival.promise;
    let wake = () => {};
    const promise = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#arrival = { promise, wake };
    return promise;
  }

  #wake(): void {
    this.#arrival?.wake();
    this.#arrival = null;
  }
}
