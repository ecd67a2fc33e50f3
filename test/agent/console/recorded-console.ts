import { readFileSync } from "node:fs";
import { type ConsoleReader, createConsole } from "../../../agent/console/console.ts";
import type { AnyEvent } from "../../../protocol/events.ts";

export const RECORDINGS = ["full", "stopped", "resumed", "nan"] as const;
export const STARTED_MS = 1_790_000_000_000;

type Piece = { t: number; stream: "stdout" | "stderr"; data: string };

/** Every piece of console output of a recording, as it was read. */
export function readPieces(name: (typeof RECORDINGS)[number]): Piece[] {
  const text = readFileSync(new URL(`../../recordings/${name}.console.ndjson`, import.meta.url), "utf8");
  const records = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Piece | { exit_code: number });
  return records.filter((record) => "stream" in record);
}

/** Plays a recording at its own times, with a timer that fires when due. */
export function play(pieces: readonly Piece[]): AnyEvent[] {
  const readers = { stdout: createConsole("stdout"), stderr: createConsole("stderr") };
  const events: AnyEvent[] = [];
  for (const { t, stream, data } of pieces) {
    const now = STARTED_MS + Math.round(t * 1000);
    for (const reader of Object.values(readers)) events.push(...runTimers(reader, now));
    events.push(...readers[stream].write(Buffer.from(data), now));
  }
  const end = STARTED_MS + Math.round((pieces.at(-1)?.t ?? 0) * 1000) + 5000;
  for (const reader of Object.values(readers)) events.push(...runTimers(reader, end), ...reader.end(end));
  return events;
}

export function runTimers(reader: ConsoleReader, until: number): AnyEvent[] {
  const events: AnyEvent[] = [];
  for (let due = reader.due(); due !== null && due <= until; due = reader.due()) events.push(...reader.take(due));
  return events;
}
