import { type AnyEvent, ERRORS, type ErrorCode, EVENT_MAX, parseEvent } from "../../protocol/index.ts";

export type Checked = { ok: true; events: AnyEvent[] } | { ok: false; index: number; code: ErrorCode; message: string };

/**
 * Checks a producer's events: the whole batch or nothing, since a refused event must not make a hole. `index` is the bad one's.
 * @param frameSize of the frame that they came in: where all of it is small, no event needs to be measured
 */
export function checkEvents(values: readonly unknown[], frameSize: number): Checked {
  const events: AnyEvent[] = [];
  for (const [index, value] of values.entries()) {
    const parsed = parseEvent(value);
    if (parsed.kind === "invalid") return { ok: false, index, code: "invalid_message", message: parsed.reason };
    const { event } = parsed;
    if (frameSize > EVENT_MAX && JSON.stringify(event).length > EVENT_MAX) {
      return { ok: false, index, code: "event_too_big", message: ERRORS.event_too_big.message };
    }
    events.push(event);
  }
  return { ok: true, events };
}
