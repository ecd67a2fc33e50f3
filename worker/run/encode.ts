import type { AnyEvent, StoredEvent } from "../../protocol/index.ts";

/** An event as it is kept and sent: encoded once, whoever reads it. `type` stands first in `json`. */
export type Line = { offset: number; type: string; json: string; bytes: number };

const encoder = new TextEncoder();
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

export function utf8Bytes(text: string): number {
  return encoder.encode(text).byteLength;
}

/** @returns the text of a stored chunk: a line an event. JSON never holds a raw line break. */
export function joinLines(lines: readonly Line[]): string {
  return lines.map((line) => line.json).join("\n");
}

/** The inverse of {@link joinLines}; the offsets of a chunk have no holes. */
export function splitLines(text: string, firstOffset: number): Line[] {
  return text.split("\n").map((json, index) => ({ offset: firstOffset + index, type: typeOf(json), json, bytes: json.length }));
}

function typeOf(json: string): string {
  const match = TYPE_FIRST.exec(json);
  if (match?.[1] !== undefined) return match[1];
  return (JSON.parse(json) as AnyEvent).type;
}

/** What is sent to a viewer: the text, and how far the viewer is after it. */
export type Frame = { text: string; through: number };

/** Frames of a plain viewer (VW1): each event by itself. */
export function plainFrames(lines: readonly Line[]): Frame[] {
  return lines.map((line) => ({ text: line.json, through: line.offset }));
}

/**
 * Puts lines into frames of a batched viewer (VW2).
 * @param lines what passed the viewer's filter
 * @param through the position after the last frame, also where the filter took out everything
 * @param frameBytes cut after about this many bytes
 */
export function batchFrames(lines: readonly Line[], through: number, now: number, frameBytes: number): Frame[] {
  const frames: Frame[] = [];
  let start = 0;
  let bytes = 0;
  for (let i = 0; i < lines.length; i++) {
    bytes += lines[i]?.bytes ?? 0;
    if (bytes < frameBytes || i === lines.length - 1) continue;
    frames.push(batchFrame(lines.slice(start, i + 1), lines[i]?.offset ?? through, now));
    start = i + 1;
    bytes = 0;
  }
  frames.push(batchFrame(lines.slice(start), through, now));
  return frames;
}

function batchFrame(lines: readonly Line[], through: number, now: number): Frame {
  const events = lines.map((line) => line.json).join(",");
  return { through, text: `{"type":"batch","timestamp":"${new Date(now).toISOString()}","events":[${events}],"through":${through}}` };
}
