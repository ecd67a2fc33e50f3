import type { AnyEvent } from "../../../protocol/index.ts";

/** An event of kind *all* that can be told from every other. */
export function logEvent(n: number): AnyEvent {
  return { type: "log", timestamp: "2026-11-23T00:00:00.000Z", level: "info", message: `event ${n}`, source: "trainer" };
}

/** @returns 1, 2, … n */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}

/** @returns the messages of all `log` events */
export function logMessages(events: readonly AnyEvent[]): unknown[] {
  return events.filter((event) => event.type === "log").map((event) => event.message);
}
