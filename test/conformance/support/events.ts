import assert from "node:assert/strict";
import type { AnyEvent } from "../../../protocol/index.ts";

/** A log event with a text. */
export function line(message: string): AnyEvent {
  return { type: "log", timestamp: new Date().toISOString(), level: "info", message };
}

/** `count` log events that are told apart by their numbers, from `first` on. */
export function lines(count: number, first = 0): AnyEvent[] {
  return Array.from({ length: count }, (_, index) => line(`${first + index}`));
}

export function status(text: string, more: Record<string, unknown> = {}): AnyEvent {
  return { type: "training_status", timestamp: new Date().toISOString(), status: text, ...more };
}

/** An event of a type that no version knows, of about so many bytes. */
export function bulky(bytes: number, n = 0): AnyEvent {
  return { type: "conformance_bulk", timestamp: new Date().toISOString(), n, text: "x".repeat(bytes) };
}

/** The messages of log events, in order. */
export function messages(events: readonly AnyEvent[]): string[] {
  return events.filter((event) => event.type === "log").map((event) => String(event.message));
}

/** @returns from, from + 1, … to */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

/** VW4: each offset once, in order, without a hole. */
export function withoutHole(events: readonly AnyEvent[], from: number, to: number): void {
  assert.deepEqual(
    events.map((event) => event.offset),
    range(from, to),
    `the offsets are not ${from} … ${to}, each once and in order`,
  );
}
