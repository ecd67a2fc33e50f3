import { type KnownEvent, parseEvent, type StoredEvent, type Welcome } from "../protocol/index.ts";

/** An event of a type that this version knows, with its place in the run's log. */
export type RunEvent = KnownEvent & { offset: number; timestamp: string };

/**
 * What a connection hands on, in order. `welcome` with `recovered: false` means: begin anew from its snapshot, forget what came before.
 * `other` is an event of a type that this version does not know, or one whose fields do not fit its type: as it came.
 */
export type Received = { kind: "welcome"; welcome: Welcome } | { kind: "event"; event: RunEvent } | { kind: "other"; event: StoredEvent };

export function receivedEvent(event: StoredEvent): Received {
  const parsed = parseEvent(event);
  return parsed.kind === "known"
    ? { kind: "event", event: { ...parsed.event, offset: event.offset, timestamp: event.timestamp } }
    : { kind: "other", event };
}
