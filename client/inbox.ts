import type { Received } from "./received.ts";

/** Above this many unread items a connection stops acknowledging, so that the room stops sending (VW6). */
const FULL = 10_000;

/** What a connection's async iterator has not read yet. One reader. */
export class Inbox {
  #items: Received[] = [];
  #read = 0;
  #ended = false;
  #wake: (() => void) | null = null;
  readonly #onRoom: () => void;

  /** @param onRoom called when a full inbox has room again */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  get full(): boolean {
    return this.#items.length - this.#read >= FULL;
  }

  push(item: Received): void {
    this.#items.push(item);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Received, void, undefined> {
    for (;;) {
      const item = this.#take();
      if (item !== null) yield item;
      else if (this.#ended) return;
      else await this.#arrival();
    }
  }

  #take(): Received | null {
    const item = this.#items[this.#read];
    if (item === undefined) return null;
    const wasFull = this.full;
    this.#read += 1;
    // In one go: shifting an array once per item costs its length each time.
    if (this.#read === this.#items.length || this.#read >= FULL) {
      this.#items = this.#items.slice(this.#read);
      this.#read = 0;
    }
    if (wasFull && !this.full) this.#onRoom();
    return item;
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
    });
  }
}
