import type { ConsoleItem, ConsoleSource } from "../session/ipc.ts";

/**
 * Console output on its way to the agent, numbered, kept until the agent has it in its spool. Bounded: when an agent is dead or
 * slow for long, the oldest output that it was not given is dropped, and an item in its place says how much.
 */
export type Feed = {
  push(source: ConsoleSource, bytes: Uint8Array, now: number): void;
  /** @returns the items to be sent now; they count as sent. */
  next(): ConsoleItem[];
  /** The agent has everything up to `n`. */
  acknowledge(n: number): void;
  /** A new agent that has everything up to `n`: the rest is to be sent again. */
  restart(n: number): void;
  /** @returns whether everything was sent. */
  allSent(): boolean;
};

export type FeedLimits = { keepBytes: number; windowBytes: number };
const LIMITS: FeedLimits = { keepBytes: 4 * 1024 * 1024, windowBytes: 1024 * 1024 };
/** What an item costs beside its bytes: a trainer that writes letter by letter must not escape the limit. */
const ITEM_BYTES = 128;

export function createFeed(limits: FeedLimits = LIMITS): Feed {
  const items: ConsoleItem[] = [];
  /** How many of them were sent. */
  let sent = 0;
  let n = 0;
  let kept = 0;
  let inFlight = 0;

  const dropOldestUnsent = (): boolean => {
    const index = items[sent]?.kind === "lost" ? sent + 1 : sent;
    const victim = items[index];
    if (victim?.kind !== "bytes") return false;
    const before = items[sent];
    const bytes = victim.bytes.length + (before?.kind === "lost" ? before.bytes : 0);
    kept -= sizeOf(victim) - (index === sent ? ITEM_BYTES : 0);
    items.splice(sent, index - sent + 1, { kind: "lost", n: victim.n, bytes, t: victim.t });
    return true;
  };

  const forgetUpTo = (upTo: number): void => {
    const count = items.findIndex((item) => item.n > upTo);
    const gone = items.splice(0, count < 0 ? items.length : count);
    kept -= sum(gone);
    sent = Math.max(0, sent - gone.length);
    inFlight = sum(items.slice(0, sent));
  };

  return {
    push: (source, bytes, now) => {
      const item: ConsoleItem = { kind: "bytes", n: ++n, source, bytes, t: now };
      items.push(item);
      kept += sizeOf(item);
      while (kept > limits.keepBytes && dropOldestUnsent());
    },
    next: () => {
      const from = sent;
      for (let item = items[sent]; item && inFlight < limits.windowBytes; item = items[sent]) {
        inFlight += sizeOf(item);
        sent += 1;
      }
      return items.slice(from, sent);
    },
    acknowledge: forgetUpTo,
    restart: (upTo) => {
      forgetUpTo(upTo);
      sent = 0;
      inFlight = 0;
    },
    allSent: () => sent === items.length,
  };
}

const sizeOf = (item: ConsoleItem): number => ITEM_BYTES + (item.kind === "bytes" ? item.bytes.length : 0);
const sum = (items: readonly ConsoleItem[]): number => items.reduce((total, item) => total + sizeOf(item), 0);
