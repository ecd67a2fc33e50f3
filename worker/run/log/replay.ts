import { parsePosition, REPLAY_BYTES_MAX, REPLAY_EVENTS_MAX } from "../../../protocol/index.ts";
import { matcher, type Subscription } from "../viewers/subscription.ts";
import type { Line } from "./line.ts";
import type { RunLog } from "./run-log.ts";

/** What a viewer that connects is sent before it joins the live set (VW3). */
export type Replay =
  /** Everything after the offset, which may lie past the log's end where the producer is about to send events again. */
  | { recovered: true; after: number }
  /** The newest events after the filter, oldest first. */
  | { recovered: false; lines: Line[] };

/** What a viewer asks for when it connects: `?since=` and `?replay=`. */
export type ReplayWish = { since: string | null; replay: number };

/** Recovery is all or nothing: a position that is not good gets the newest events instead, and is not called recovered. */
export function planReplay(log: RunLog, wish: ReplayWish, subscription: Subscription): Replay {
  const position = wish.since === null ? null : parsePosition(wish.since);
  if (position !== null && log.isGood(position)) return { recovered: true, after: position.offset };
  return { recovered: false, lines: newest(log, subscription, wish.replay) };
}

/** A piece of what a viewer has missed, and how far it goes. */
export type Missed = { lines: Line[]; through: number };

/** The next piece of what lies after an offset, of about `bytes`, read from the log only as far as it goes. */
export function missedAfter(log: RunLog, after: number, subscription: Subscription, bytes: number): Missed {
  const end = { lines: [], through: Math.max(log.lastOffset, after) };
  if (subscription.length === 0) return end;
  const wanted = matcher(subscription);
  const lines: Line[] = [];
  let taken = 0;
  for (const line of log.after(after)) {
    if (!wanted(line.type)) continue;
    if (taken >= bytes) return { lines, through: lines.at(-1)?.offset ?? after };
    lines.push(line);
    taken += line.bytes;
  }
  return { ...end, lines };
}

/** The newest lines that a subscription wants, oldest first: at most `limit`, and what a replay may hold at all. */
export function newest(log: RunLog, subscription: Subscription, limit: number): Line[] {
  const most = Math.min(limit, REPLAY_EVENTS_MAX);
  const lines: Line[] = [];
  let bytes = 0;
  // Nothing is wanted: nothing is searched.
  if (most === 0 || subscription.length === 0) return lines;
  const wanted = matcher(subscription);
  for (const line of log.before(Number.POSITIVE_INFINITY)) {
    if (!wanted(line.type)) continue;
    bytes += line.bytes;
    if (bytes > REPLAY_BYTES_MAX && lines.length > 0) break;
    lines.push(line);
    if (lines.length >= most) break;
  }
  return lines.reverse();
}
