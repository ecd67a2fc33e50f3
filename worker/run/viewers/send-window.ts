import { PLAIN_BYTES_MAX, VIEWER_ACK_TIMEOUT_MS, VIEWER_WINDOW_BYTES } from "../../../protocol/index.ts";
import type { ViewerMode } from "../sockets.ts";
import type { Sent } from "./codec.ts";

/**
 * VW6: what one viewer was sent and has not acknowledged. The runtime queues what a peer does not read, without bound and without
 * telling; this is the bound. A batched viewer past its window is *behind*: it is sent nothing more until acks come, and is then caught
 * up from the log. A plain one cannot acknowledge: it is recycled after a fixed amount.
 */
export class SendWindow {
  readonly #mode: ViewerMode;
  readonly #inFlight: Sent[] = [];
  #bytes = 0;
  #sent = 0;
  #lastAckAt: number;
  /** Sent nothing more for now; to be caught up from its position. */
  behind = false;

  /** @param now milliseconds since 1970 */
  constructor(mode: ViewerMode, now: number) {
    this.#mode = mode;
    this.#lastAckAt = now;
  }

  /** @param sent is kept; it may be shared with other windows */
  sent(sent: Sent, now: number): void {
    this.#sent += sent.bytes;
    if (this.#mode === "plain") return;
    // The patience for an ack counts from the first frame that wants one.
    if (this.#bytes === 0) this.#lastAckAt = now;
    this.#bytes += sent.bytes;
    this.#inFlight.push(sent);
  }

  /**
   * The viewer has read everything up to an offset; one that it was never sent acknowledges no more than all.
   * @returns whether that was news
   */
  acknowledged(through: number, now: number): boolean {
    this.#lastAckAt = now;
    const left = this.#inFlight.findIndex((frame) => frame.through > through);
    const read = this.#inFlight.splice(0, left === -1 ? this.#inFlight.length : left);
    for (const frame of read) this.#bytes -= frame.bytes;
    return read.length > 0;
  }

  /** Offsets mean something else from now on: an ack of one that was sent before says nothing. */
  startOver(): void {
    this.behind = false;
    this.#inFlight.length = 0;
    this.#bytes = 0;
  }

  /** Nothing more may be sent for now. */
  get full(): boolean {
    return this.#bytes > VIEWER_WINDOW_BYTES;
  }

  /** Enough was acknowledged to go on: half a window, so that a slow reader is not fed crumbs. */
  get roomy(): boolean {
    return this.#bytes <= VIEWER_WINDOW_BYTES / 2;
  }

  /** A batched viewer that is behind and has acknowledged nothing for long. Asked when there are events, so nothing wakes for it. */
  stalled(now: number): boolean {
    return this.behind && now - this.#lastAckAt >= VIEWER_ACK_TIMEOUT_MS;
  }

  /** A plain viewer that has been sent as much as one connection may hold. */
  get spent(): boolean {
    return this.#mode === "plain" && this.#sent >= PLAIN_BYTES_MAX;
  }
}
