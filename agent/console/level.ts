import type { LogLevel } from "../../protocol/events.ts";
import { withoutColours } from "./plain-text.ts";

/** Where the lines stand in a Python traceback. */
export type Traceback = "outside" | "inside";

/**
 * Guesses a level from a line, conservatively: stderr alone says nothing (progress bars, notes and logging all go there), so a line is
 * `info` unless it names a level the way loggers do, in capitals, or is a Python warning, or belongs to a traceback.
 *
 * @param line one line of output
 * @param traceback where the lines before it stood
 */
export function levelOf(line: string, traceback: Traceback): { level: LogLevel; traceback: Traceback } {
  const text = withoutColours(line);
  if (text.includes("Traceback (most recent call last)")) return { level: "error", traceback: "inside" };
  // Its frames are indented; the first line that is not names the exception.
  if (traceback === "inside") return { level: "error", traceback: /^(?:\[rank\d+\]:\s?)?\s/.test(text) ? "inside" : "outside" };
  return { level: namedLevel(text), traceback: "outside" };
}

function namedLevel(text: string): LogLevel {
  if (/\b(?:CRITICAL|FATAL)\b/.test(text)) return "critical";
  if (/\bERROR\b/.test(text) || /^[A-Za-z_][\w.]{0,200}(?:Error|Exception): /.test(text)) return "error";
  if (/\bWARN(?:ING)?\b/.test(text) || /(?:^|[\s.])[A-Za-z]{0,60}Warning: /.test(text)) return "warning";
  return /\bDEBUG\b/.test(text) ? "debug" : "info";
}
