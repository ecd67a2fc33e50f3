import type { EventOf, LogLevel } from "../../protocol/index.ts";
import { withoutAnsi } from "./ansi.ts";

/** A line of the log. Changed in place by a progress bar's next state, `version` with it. */
export type LogLine = {
  /** The offset of its first event: unique, and rising. */
  readonly key: number;
  readonly timestamp: string;
  level: LogLevel;
  readonly source: string | null;
  /** As it came, with a terminal's colours. */
  raw: string;
  /** What is read, searched and copied. */
  text: string;
  readonly bar: string | null;
};

export type LogEvent = EventOf<"log"> & { offset: number; timestamp: string };

/** What a page keeps: a day of a talkative trainer, about 30 MB. Older lines stay on the relay, as long as it has them. */
export const LOG_LINES_MAX = 100_000;
/** In characters: a few huge lines are no small log. */
export const LOG_CHARACTERS_MAX = 24 * 1024 * 1024;
/** So much goes at once where there is no room: taking one line at a time off an array of this length would cost more than all else. */
const DROPPED_SHARE = 0.1;

/** The lines that the page has, oldest first. Mutable: thousands of lines a second come to it. */
export class LogBuffer {
  #lines: LogLine[] = [];
  #characters = 0;
  readonly #bars = new Map<string, LogLine>();
  #dropped = 0;
  /** Rises when the beginning is another one. */
  #beginning = 0;

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Lines that were dropped since the log began here. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Rises when the first lines are other ones: then a reader's places are worth nothing. */
  get beginning(): number {
    return this.#beginning;
  }

  get isFull(): boolean {
    return this.#lines.length >= LOG_LINES_MAX * (1 - DROPPED_SHARE) || this.#characters >= LOG_CHARACTERS_MAX * (1 - DROPPED_SHARE);
  }

  clear(): void {
    this.#lines = [];
    this.#characters = 0;
    this.#bars.clear();
    this.#dropped = 0;
    this.#beginning += 1;
  }

  /** @returns the line that was changed, where it is a bar that stands here already; null where a line was added */
  append(event: LogEvent): LogLine | null {
    const line = lineOf(event);
    const known = line.bar === null ? undefined : this.#bars.get(line.bar);
    if (known) {
      this.#characters += line.raw.length - known.raw.length;
      known.raw = line.raw;
      known.text = line.text;
      known.level = line.level;
      return known;
    }
    if (line.bar !== null) this.#bars.set(line.bar, line);
    this.#lines.push(line);
    this.#characters += line.raw.length;
    if (this.#lines.length > LOG_LINES_MAX || this.#characters > LOG_CHARACTERS_MAX) this.#drop();
    return null;
  }

  /** Older lines, by rising offset; of a bar that stands here already the older states do not count. @returns how many there are now in front */
  prepend(events: readonly LogEvent[]): number {
    const older: LogLine[] = [];
    const bars = new Map<string, LogLine>();
    for (const event of events) {
      const line = lineOf(event);
      if (line.bar !== null && this.#bars.has(line.bar)) continue;
      const known = line.bar === null ? undefined : bars.get(line.bar);
      if (known) Object.assign(known, { raw: line.raw, text: line.text, level: line.level });
      else older.push(line);
      if (line.bar !== null && !known) bars.set(line.bar, line);
    }
    for (const [bar, line] of bars) this.#bars.set(bar, line);
    for (const { raw } of older) this.#characters += raw.length;
    this.#lines = older.concat(this.#lines);
    this.#beginning += 1;
    return older.length;
  }

  #drop(): void {
    const count = Math.ceil(this.#lines.length * DROPPED_SHARE);
    for (const { raw, bar } of this.#lines.splice(0, count)) {
      this.#characters -= raw.length;
      if (bar !== null) this.#bars.delete(bar);
    }
    this.#dropped += count;
    this.#beginning += 1;
  }
}

function lineOf(event: LogEvent): LogLine {
  const bar = event.progress === true && typeof event.bar === "string" ? event.bar : null;
  const { offset: key, timestamp, level, message: raw } = event;
  return { key, timestamp, level, source: event.source ?? null, raw, text: withoutAnsi(raw), bar };
}
