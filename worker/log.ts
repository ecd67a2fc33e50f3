import { withoutTokens } from "../protocol/index.ts";

/** One JSON object a line. Never a token: callers pass ids, codes and counts only, and what looks like one is masked (AC2). */

const LEVELS = ["debug", "info", "warning", "error"] as const;
export type Level = (typeof LEVELS)[number];

export type Log = (level: Level, message: string, fields?: Record<string, unknown>) => void;

/**
 * @param threshold `RUNCAST_LOG_LEVEL`; anything unknown counts as `info`
 * @returns a logger. debug: routing and subscriptions; info: connections and runs; warning: failed sends, invalid messages; error: exceptions
 */
export function createLog(threshold: string | undefined, bound: Record<string, unknown> = {}): Log {
  const known = LEVELS.indexOf(threshold as Level);
  const lowest = known === -1 ? LEVELS.indexOf("info") : known;
  return (level, message, fields = {}) => {
    if (LEVELS.indexOf(level) < lowest) return;
    console.log(withoutTokens(JSON.stringify({ level, time: new Date().toISOString(), message, ...bound, ...fields })));
  };
}

/** @returns what may be logged of something thrown: name, message and stack stay inside the relay's own log. */
export function thrown(error: unknown): Record<string, unknown> {
  return error instanceof Error ? { error: error.name, detail: error.message, stack: error.stack } : { error: String(error) };
}
