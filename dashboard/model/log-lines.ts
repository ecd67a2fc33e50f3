import type { EventOf, LogLevel } from "../../protocol/index.ts";

export type LogLine = { key: number; timestamp: string; level: LogLevel; source: string | null; text: string; bar: string | null };

/** Lines in the page: each is a piece of the document, and a phone has little memory. */
export const LOG_LINES_MAX = 600;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences, and this takes them out
const ANSI = /\u001b\[[0-9;:]*m/g;

/** @returns the lines after the event; a progress bar's new state stands where it began, with the time at which it did */
export function addLine(lines: readonly LogLine[], event: EventOf<"log"> & { offset: number; timestamp: string }): readonly LogLine[] {
  const bar = event.progress === true && typeof event.bar === "string" ? event.bar : null;
  const line: LogLine = {
    key: event.offset,
    timestamp: event.timestamp,
    level: event.level,
    source: event.source ?? null,
    text: event.message.replace(ANSI, ""),
    bar,
  };
  const known = bar === null ? -1 : lines.findLastIndex((each) => each.bar === bar);
  const before = lines[known];
  if (before) return lines.with(known, { ...line, key: before.key, timestamp: before.timestamp });
  return [...lines.slice(lines.length >= LOG_LINES_MAX ? 1 : 0), line];
}

/** Lines from before the replay, by rising offset: they go in front, as far as there is room. */
export function addOlderLines(lines: readonly LogLine[], older: readonly LogLine[]): readonly LogLine[] {
  const present = new Set(lines.map((line) => line.bar));
  const fresh = older.filter((line) => line.bar === null || !present.has(line.bar));
  return [...fresh, ...lines].slice(-LOG_LINES_MAX);
}
