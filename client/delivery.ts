import { type AnyEvent, formatPosition, type StoredEvent } from "../protocol/index.ts";

/**
 * Which events a viewer has been given. `fresh`: nothing that could be resumed; a connection that is lost now begins anew.
 * `at`: everything up to `offset` in the numbering `log_id`.
 */
export type Delivery = { kind: "fresh"; log_id: string | null } | { kind: "at"; log_id: string; offset: number };

export const NOTHING_DELIVERED: Delivery = { kind: "fresh", log_id: null };

/** @returns `<log_id>:<offset>` for `?since=`, or null where there is nothing to resume. */
export function sincePosition(delivery: Delivery): string | null {
  return delivery.kind === "at" ? formatPosition(delivery) : null;
}

/**
 * VW3: after `recovered` the position stands, in the room's present numbering; otherwise what was delivered no longer counts.
 * @param replaying false where the connection asked for `replay=0`: it is at the log's end without a batch to say so
 */
export function afterWelcome(
  delivery: Delivery,
  welcome: { log_id: string; last_offset: number; recovered: boolean },
  replaying: boolean,
): Delivery {
  const { log_id, last_offset, recovered } = welcome;
  if (recovered && delivery.kind === "at") return { ...delivery, log_id };
  if (!replaying || last_offset === 0) return { kind: "at", log_id, offset: last_offset };
  return { kind: "fresh", log_id };
}

/**
 * VW4: each offset once, in order. What is not past the position is dropped.
 * @returns the events to hand on, and the position after them
 */
export function afterBatch(
  delivery: Delivery,
  batch: { events: readonly AnyEvent[]; through: number },
): { delivery: Delivery; events: StoredEvent[] } {
  let offset = delivery.kind === "at" ? delivery.offset : 0;
  const events: StoredEvent[] = [];
  for (const event of batch.events) {
    if (event.offset === undefined || event.offset <= offset) continue;
    offset = event.offset;
    events.push({ ...event, offset, timestamp: event.timestamp ?? "" });
  }
  offset = Math.max(offset, batch.through);
  const { log_id } = delivery;
  return { delivery: log_id === null ? delivery : { kind: "at", log_id, offset }, events };
}

/**
 * PR1: from `from` on, positions carry the new log_id. A viewer that is past it keeps its old position, which is good no longer:
 * a welcome with `recovered: false` follows, or, where the link breaks first, answers the next connection.
 */
export function afterRenumbering(delivery: Delivery, renumbered: { log_id: string; from: number }): Delivery {
  if (delivery.kind === "at" && delivery.offset >= renumbered.from) return delivery;
  return { ...delivery, log_id: renumbered.log_id };
}
