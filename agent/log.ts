import { writeSync } from "node:fs";
import { withoutTokens } from "../protocol/index.ts";

/** What this program tells its user, on stderr; stdout belongs to the trainer, or to `--json`. */
export const LEVELS = ["debug", "info", "warning", "error"] as const;
export type Level = (typeof LEVELS)[number];
export type Say = (level: Level, text: string) => void;

/** @returns the least important level that is shown: `RUNCAST_LOG_LEVEL`, else `info`. */
export function shownLevel(env: Readonly<Record<string, string | undefined>>): Level {
  const wanted = env.RUNCAST_LOG_LEVEL?.toLowerCase();
  return LEVELS.find((level) => level === wanted) ?? "info";
}

/**
 * Says each text once: a respawned agent would otherwise repeat what its predecessor said, over a progress bar, for hours.
 * @param write takes one line without its end
 */
export function sayOnce(shown: Level, write: (line: string) => void): Say {
  const said = new Set<string>();
  return (level, text) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(shown) || said.has(text)) return;
    said.add(text);
    write(`runcast: ${withoutTokens(text)}`);
  };
}

/** One line to stderr; a terminal that has gone away is no reason to end. */
export function writeStderr(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // EPIPE, EIO: nobody reads; EAGAIN: whoever reads is stuck. A message is never worth a training.
  }
}
