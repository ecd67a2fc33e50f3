import { MESSAGE_TOKEN_BYTES } from "../../protocol/index.ts";
import { utf8Bytes } from "./utf8.ts";

/** How a bucket fills, and how much it holds. */
export type Allowance = { readonly perSecond: number; readonly burst: number };

/** What outlives the memory of an object. `at` in milliseconds since 1970. */
export type BucketLevel = { tokens: number; at: number };

/** AC6: what one connection may still send. A token bucket; `now` is milliseconds since 1970. */
export class MessageBucket {
  readonly #allowance: Allowance;
  #tokens: number;
  #at: number;
  #exhausted = false;

  /** @param level as it was remembered; null for a connection that has just been made, or has never sent much */
  constructor(allowance: Allowance, level: BucketLevel | null, now: number) {
    this.#allowance = allowance;
    this.#tokens = level?.tokens ?? allowance.burst;
    this.#at = level?.at ?? now;
  }

  /** @returns false where there are not as many left, and from then on: the connection is at its end */
  take(tokens: number, now: number): boolean {
    this.#fill(now);
    if (this.#tokens < tokens) this.#exhausted = true;
    if (this.#exhausted) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** What was taken turns out to have been asked for. */
  giveBack(tokens: number): void {
    this.#tokens = Math.min(this.#allowance.burst, this.#tokens + tokens);
  }

  /** Worth to be remembered: one that is at least half full may be forgotten, which gives away half a burst at most. */
  get low(): boolean {
    return this.#tokens < this.#allowance.burst / 2;
  }

  get level(): BucketLevel {
    return { tokens: this.#tokens, at: this.#at };
  }

  /** Milliseconds until it is full again. */
  fullIn(now: number): number {
    this.#fill(now);
    return Math.ceil(((this.#allowance.burst - this.#tokens) / this.#allowance.perSecond) * 1000);
  }

  #fill(now: number): void {
    // A clock that was set back takes nothing away.
    const passed = Math.max(0, now - this.#at);
    this.#tokens = Math.min(this.#allowance.burst, this.#tokens + (passed / 1000) * this.#allowance.perSecond);
    this.#at = now;
  }
}

/** What a frame costs, before it is read. @param max bytes; a larger frame ends the connection by its size, and costs no more than that */
export function messageTokens(frame: string | ArrayBuffer, max: number): number {
  return Math.max(1, Math.ceil(Math.min(chargedBytes(frame, max), max) / MESSAGE_TOKEN_BYTES));
}

/** A text has one to three bytes a UTF-16 unit: they are counted only where that makes a difference. */
function chargedBytes(frame: string | ArrayBuffer, max: number): number {
  if (typeof frame !== "string") return frame.byteLength;
  return frame.length * 3 <= MESSAGE_TOKEN_BYTES || frame.length >= max ? frame.length : utf8Bytes(frame);
}
