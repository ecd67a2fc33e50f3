import { type AnyEvent, LOG_LINE_MAX } from "../../protocol/index.ts";
import { agentLog } from "../session/agent-log.ts";

/** What was dropped since the last report, as it is remembered in the spool. */
export type Dropped = {
  types: Record<string, number>;
  /** Timestamps of the oldest and the newest that had one. */
  from: string | null;
  to: string | null;
  /** Nothing was left that may be dropped, so the spool has grown past its bound. */
  over: boolean;
};

export function joinDropped(a: Dropped | null, b: Dropped): Dropped {
  if (!a) return b;
  const types = { ...a.types };
  for (const [type, count] of Object.entries(b.types)) types[type] = (types[type] ?? 0) + count;
  const times = [a.from, a.to, b.from, b.to].filter((time) => time !== null).sort();
  return { types, from: times[0] ?? null, to: times.at(-1) ?? null, over: a.over || b.over };
}

/**
 * @param bound the spool's, in bytes
 * @param now milliseconds since 1970
 */
export function dropReport({ types, from, to, over }: Dropped, bound: number, now: number): AnyEvent {
  const mib = `${Math.round((bound / 1024 / 1024) * 10) / 10} MiB`;
  const counts = Object.entries(types).map(([type, count]) => `${count} ${type}`);
  const gone = counts.length > 0 ? [`${list(counts)} events${from && to ? ` from ${from} to ${to}` : ""} were left out`] : [];
  const rest = over ? ["what is left is never dropped, so it holds more than that"] : [];
  const message = `the agent's spool was full (${mib}): ${[...gone, ...rest].join("; ")}`;
  return agentLog("warning", message.slice(0, LOG_LINE_MAX), now);
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
