import type { AnyEvent } from "../../../protocol/index.ts";
import type { HeldEvent, RoomStore } from "../storage/store.ts";
import type { Viewers } from "../viewers/fan-out.ts";
import type { RunLog } from "./run-log.ts";

/**
 * PR1: events that the room makes itself, and when it may place them. While the producer still has to send events again that viewers
 * may have seen, the room's own wait: placed at once they would take those events' offsets. When the producer does not come back,
 * they are placed under a new log_id. What waits is stored: it tells what has happened, and outlives this object.
 */
export class OwnEvents {
  readonly #store: RoomStore;
  readonly #log: RunLog;
  readonly #viewers: Viewers;
  readonly #newLogId: () => string;
  readonly #held: HeldEvent[];
  /** The producer has sent up to this seq once: until they are here again, hold. */
  #sentSeq: number;
  /** The object was away, and the producer has not said yet what it sent meanwhile. */
  #uncertain: boolean;

  /** @param sentSeq the highest seq that the producer ever sent, as its hibernated socket has it; null without one */
  constructor(store: RoomStore, log: RunLog, viewers: Viewers, newLogId: () => string, sentSeq: number | null) {
    this.#store = store;
    this.#log = log;
    this.#viewers = viewers;
    this.#newLogId = newLogId;
    this.#held = store.held();
    this.#sentSeq = sentSeq ?? 0;
    // Without its socket nobody knows what viewers saw since the last chunk, unless it was told before, and so stored, that it is gone.
    this.#uncertain = sentSeq === null && this.agentStatus?.connected === true;
  }

  /** What was told last of the agent's link, or will be when it need not wait any more. */
  get agentStatus(): AnyEvent | null {
    return this.#held.findLast(({ event }) => event.type === "agent_status")?.event ?? this.#log.state.agent_status;
  }

  /** Places the event, or holds it back for now. @param also is stored with it: both, or neither */
  place(event: AnyEvent, now: number, also: () => void = () => undefined): void {
    if (this.#mustWait) {
      this.#held.push(
        this.#store.transaction(() => {
          also();
          return this.#store.hold(event);
        }),
      );
      return;
    }
    this.#placeAll(now);
    this.#viewers.publish([this.#log.place(event, now, also)], now);
  }

  /** The producer is here and has said what it sent. */
  settle(sentSeq: number): void {
    this.#sentSeq = sentSeq;
    this.#uncertain = false;
  }

  /** Places what was held, where nothing stands against it any more. */
  release(now: number): void {
    if (!this.#mustWait) this.#placeAll(now);
  }

  /** The producer does not come back: places what was held, under a new log_id where viewers may have seen what is lost. */
  force(event: AnyEvent, now: number): void {
    if (this.#mustWait) {
      this.#log.storeTail(now);
      this.renumbered(this.#log.renumber(this.#newLogId()), now);
      this.settle(0);
    }
    this.place(event, now);
  }

  /** Tells viewers of a new numbering from an offset on. Those who are past it start over. */
  renumbered(from: number, now: number): void {
    const renumbered = { type: "renumbered" as const, log_id: this.#log.logId, from };
    for (const viewer of [...this.#viewers.all()]) {
      if (viewer.through < from) this.#viewers.tell(viewer, renumbered, now);
      else this.#viewers.startOver(viewer, this.#log.lastOffset, now);
    }
  }

  get #mustWait(): boolean {
    return this.#uncertain || this.#log.lastSeq < this.#sentSeq;
  }

  #placeAll(now: number): void {
    for (const { id, event } of this.#held.splice(0)) {
      this.#viewers.publish([this.#log.place(event, now, () => this.#store.dropHeld(id))], now);
    }
  }
}
