import { type Position, parsePosition, REPLAY_BYTES_MAX, REPLAY_EVENTS_MAX } from "../../protocol/index.ts";
import type { Line } from "./encode.ts";
import type { RunLog } from "./run-log.ts";
import { matcher, type Subscription } from "./subscription.ts";

/** What a viewer that connects is sent before it joins the live set (VW3). */
export type Replay = {
  recovered: boolean;
  /** Oldest first, after the filter. */
  lines: Line[];
  /** The viewer has everything up to here; above the log's end where its producer is about to send events again. */
  through: number;
};

/** What a viewer asks for when it connects: `?since=` and `?replay=`. */
export type ReplayWish = { since: string | null; replay: number };

/** Recovery is all or nothing: a position that is not good gets the newest events instead, and is not called recovered. */
export function planReplay(log: RunLog, wish: ReplayWish, subscription: Subscription): Replay {
  const position = wish.since === null ? null : parsePosition(wish.since);
  const recovered = position !== null && log.isGood(position);
  const through = recovered ? Math.max(log.lastOffset, position.offset) : log.lastOffset;
  // Nothing is wanted: nothing is searched.
  if (subscription.length === 0) return { recovered, lines: [], through };
  const wanted = matcher(subscription);
  return { recovered, lines: recovered ? later(log, position, wanted) : newest(log, wish.replay, wanted), through };
}

function later(log: RunLog, position: Position, wanted: (type: string) => boolean): Line[] {
  const lines: Line[] = [];
  for (const line of log.after(position.offset)) if (wanted(line.type)) lines.push(line);
  return lines;
}

function newest(log: RunLog, limit: number, wanted: (type: string) => boolean): Line[] {
  const most = Math.min(limit, REPLAY_EVENTS_MAX);
  const lines: Line[] = [];
  let bytes = 0;
  if (most === 0) return lines;
  for (const line of log.before(Number.POSITIVE_INFINITY)) {
    if (!wanted(line.type)) continue;
    bytes += line.bytes;
    if (bytes > REPLAY_BYTES_MAX && lines.length > 0) break;
    lines.push(line);
    if (lines.length >= most) break;
  }
  return lines.reverse();
}
