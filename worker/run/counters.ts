/** What a room counts for `/api/ws/status`. In memory: a hibernated room has nothing to tell. Rates are over the last ten seconds. */

import type { ErrorCode } from "../../protocol/index.ts";

const WINDOW_S = 10;

export type Flow = { frames: number; bytes: number; frames_per_second: number; bytes_per_second: number };

export class Counters {
  readonly #clock: () => number;
  readonly #in = new Rate();
  readonly #out = new Rate();
  readonly #errors = new Map<string, number>();
  readonly #refused = new Map<ErrorCode, number>();
  #latencyMs: number | null = null;
  #largestFrame = 0;

  /** @param clock milliseconds since 1970 */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  received(bytes: number): void {
    this.#in.add(bytes, this.#clock());
    this.#largestFrame = Math.max(this.#largestFrame, bytes);
  }

  /** @param now for a sender that knows it: in a fan-out the clock is not asked again for each viewer */
  sent(bytes: number, now: number = this.#clock()): void {
    this.#out.add(bytes, now);
    this.#largestFrame = Math.max(this.#largestFrame, bytes);
  }

  error(clientId: string): void {
    // Bounded: the oldest client's count goes first.
    if (!this.#errors.has(clientId) && this.#errors.size >= 100) {
      for (const oldest of this.#errors.keys()) {
        this.#errors.delete(oldest);
        break;
      }
    }
    this.#errors.set(clientId, (this.#errors.get(clientId) ?? 0) + 1);
  }

  /** AC6: something was refused, or a connection ended, by the code that its sender was told. */
  refused(code: ErrorCode): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }
  get refusals(): Partial<Record<ErrorCode, number>> {
    return Object.fromEntries(this.#refused);
  }

  /** Milliseconds from an event's making to its fan-out, the difference of both machines' clocks taken out. */
  latency(ms: number): void {
    // An event may have been given a time that is none.
    if (Number.isNaN(ms)) return;
    this.#latencyMs = this.#latencyMs === null ? ms : this.#latencyMs * 0.8 + ms * 0.2;
  }

  read(): { received: Flow; sent: Flow; errors: Record<string, number>; latency_ms: number | null; largest_frame_bytes: number } {
    const now = this.#clock();
    return {
      received: this.#in.read(now),
      sent: this.#out.read(now),
      errors: Object.fromEntries(this.#errors),
      latency_ms: this.#latencyMs === null ? null : Math.round(this.#latencyMs),
      largest_frame_bytes: this.#largestFrame,
    };
  }
}

/** Totals and a ring of seconds. */
class Rate {
  #frames = 0;
  #bytes = 0;
  readonly #seconds: { second: number; frames: number; bytes: number }[] = [];

  add(bytes: number, now: number): void {
    this.#frames += 1;
    this.#bytes += bytes;
    const second = Math.floor(now / 1000);
    const slot = this.#seconds[second % WINDOW_S];
    if (slot?.second === second) {
      slot.frames += 1;
      slot.bytes += bytes;
    } else {
      this.#seconds[second % WINDOW_S] = { second, frames: 1, bytes };
    }
  }

  read(now: number): Flow {
    const oldest = Math.floor(now / 1000) - WINDOW_S;
    let frames = 0;
    let bytes = 0;
    for (const slot of this.#seconds) {
      if (slot === undefined || slot.second <= oldest) continue;
      frames += slot.frames;
      bytes += slot.bytes;
    }
    return { frames: this.#frames, bytes: this.#bytes, frames_per_second: frames / WINDOW_S, bytes_per_second: bytes / WINDOW_S };
  }
}
