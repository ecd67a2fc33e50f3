import type { AnyEvent, StoredEvent } from "../../../protocol/index.ts";
import { utf8Bytes } from "../utf8.ts";

/** An event as it is kept and sent: encoded once, whoever reads it. `type` stands first in `json`. */
export type Line = { offset: number; type: string; json: string; bytes: number };

const TYPE_FIRST = /^\{"type":"([^"\\]*)"/;

/**
 * The event as it is from now on: with its offset, and with a timestamp.
 * @param event as the producer sent it, or the room made it
 * @param now milliseconds since 1970, for an event without a timestamp of its own
 */
export function stampEvent(event: AnyEvent, offset: number, now: number): StoredEvent {
  const { type, timestamp, ...fields } = event;
  return { type, timestamp: timestamp ?? new Date(now).toISOString(), ...fields, offset };
}

/** @param event as {@link stampEvent} gives it, with `type` first */
export function encodeEvent(event: StoredEvent): Line {
  const json = JSON.stringify(event);
  return { offset: event.offset, type: event.type, json, bytes: utf8Bytes(json) };
}

/** @returns the text of a stored chunk: a line an event. JSON never holds a raw line break. */
export function joinLines(lines: readonly Line[]): string {
  return lines.map((line) => line.json).join("\n");
}

/** The inverse of {@link joinLines}; the offsets of a chunk have no holes. */
export function splitLines(text: string, firstOffset: number): Line[] {
  return text.split("\n").map((json, index) => ({ offset: firstOffset + index, type: typeOf(json), json, bytes: utf8Bytes(json) }));
}

function typeOf(json: string): string {
  const match = TYPE_FIRST.exec(json);
  if (match?.[1] !== undefined) return match[1];
  return (JSON.parse(json) as AnyEvent).type;
}
