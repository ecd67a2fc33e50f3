import type { AnyEvent } from "../../protocol/index.ts";
import type { RunLog } from "./run-log.ts";
import type { Viewers } from "./viewers.ts";

/**
 * PR1: events that the room makes itself, and when it may place them. While the producer still has to send events again that viewers
 * may have seen, the room's own wait: placed at once they would take those events' offsets. When the producer does not come back,
 * they are placed under a new log_id.
 */
export class OwnEvents {
  readonly #log: RunLog;
  readonly #viewers: Viewers;
  readonly #newLogId: () => string;
  readonly #held: AnyEvent[] = [];
  /** The producer has sent up to this seq once: until they are here again, hold. */
  #sentSeq: number;
  /** The object was away, and the producer has not said yet what it sent meanwhile. */
  #uncertain: boolean;

  /** @param wake what is known when the object starts: see {@link OwnEvents.settle} */
  constructor(log: RunLog, viewers: Viewers, newLogId: () => string, wake: { sentSeq: number; uncertain: boolean }) {
    this.#log = log;
    this.#viewers = viewers;
    this.#newLogId = newLogId;
    this.#sentSeq = wake.sentSeq;
    this.#uncertain = wake.uncertain;
  }

  /** Places the event, or holds it back for now. */
  place(event: AnyEvent, now: number): void {
    this.#held.push(event);
    this.release(now);
  }

  /** The producer is here and has said what it sent. */
  settle(sentSeq: number): void {
    this.#sentSeq = sentSeq;
    this.#uncertain = false;
  }

  /** Places what was held, where nothing stands against it any more. */
  release(now: number): void {
    if (this.#uncertain || this.#log.lastSeq < this.#sentSeq) return;
    this.#placeAll(now);
  }

  /** The producer does not come back: places what was held, under a new log_id where viewers may have seen what is lost. */
  force(event: AnyEvent, now: number): void {
    this.#held.push(event);
    if (this.#uncertain || this.#log.lastSeq < this.#sentSeq) {
      this.#log.storeTail(now);
      this.renumbered(this.#log.renumber(this.#newLogId()), now);
      this.settle(0);
    }
    this.#placeAll(now);
  }

  /** Tells viewers of a new numbering from an offset on. Those who are past it start over. */
  renumbered(from: number, now: number): void {
    const renumbered = { type: "renumbered" as const, log_id: this.#log.logId, from };
    for (const viewer of [...this.#viewers.all()]) {
      if (viewer.through < from) this.#viewers.tell(viewer, renumbered, now);
      else this.#viewers.startOver(viewer, this.#log.lastOffset, now);
    }
  }

  #placeAll(now: number): void {
    for (const event of this.#held.splice(0)) this.#viewers.publish([this.#log.place(event, now)], now);
  }
}
