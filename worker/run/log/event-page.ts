import type { AnyEvent, EventPage } from "../../../protocol/index.ts";
import { matcher, type Subscription } from "../viewers/subscription.ts";
import type { Line } from "./line.ts";
import type { RunLog } from "./run-log.ts";

/** `GET /api/runs/:run/events`: a page after an offset, or the newest before one; always oldest first. */
export type EventQuery = { after: number; before: number | null; limit: number; events: Subscription };

/** A page ends here too, whatever its limit: what one answer may hold in memory. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/** @returns the page, and the `after` or `before` of the next one, null at the end */
export function readEvents(log: RunLog, query: EventQuery): EventPage {
  const wanted = matcher(query.events);
  if (query.before === null) {
    const { lines, more } = take(log.after(query.after), query.limit, wanted);
    return { events: lines.map(parse), next: more ? (lines.at(-1)?.offset ?? null) : null };
  }
  const after = query.after;
  const { lines, more } = take(upTo(log.before(query.before), after), query.limit, wanted);
  return { events: lines.map(parse).reverse(), next: more ? (lines.at(-1)?.offset ?? null) : null };
}

function* upTo(lines: Iterable<Line>, after: number): Generator<Line> {
  for (const line of lines) {
    if (line.offset <= after) return;
    yield line;
  }
}

function take(source: Iterable<Line>, limit: number, wanted: (type: string) => boolean): { lines: Line[]; more: boolean } {
  const lines: Line[] = [];
  let bytes = 0;
  for (const line of source) {
    if (!wanted(line.type)) continue;
    if (lines.length >= limit || (bytes >= PAGE_BYTES_MAX && lines.length > 0)) return { lines, more: true };
    lines.push(line);
    bytes += line.bytes;
  }
  return { lines, more: false };
}

function parse(line: Line): AnyEvent {
  return JSON.parse(line.json) as AnyEvent;
}
