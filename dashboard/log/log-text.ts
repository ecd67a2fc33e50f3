import type { LogLine } from "./log-buffer.ts";

/** The lines as a file has them: when, by the clock of the machine that trains, and what. */
export function textOf(lines: readonly LogLine[]): string {
  return lines.map(({ timestamp, level, text }) => `${timestamp} ${level.toUpperCase().padEnd(8)} ${text}\n`).join("");
}
