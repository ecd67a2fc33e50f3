import { type AnyEvent, ERRORS, type ErrorCode, EVENT_MAX, parseEvent } from "../../../protocol/index.ts";
import { isOver, utf8Bytes } from "../utf8.ts";

export type Checked = { ok: true; events: AnyEvent[] } | { ok: false; index: number; code: ErrorCode; message: string };

/**
 * Checks a producer's events: the whole batch or nothing, since a refused event must not make a hole. `index` is the bad one's.
 * @param frame that they came in: where all of it is small, no event needs to be measured
 */
export function checkEvents(values: readonly unknown[], frame: string | ArrayBuffer): Checked {
  // What counts is bytes: a row is limited in bytes.
  const large = isOver(EVENT_MAX, frame);
  const events: AnyEvent[] = [];
  for (const [index, value] of values.entries()) {
    const parsed = parseEvent(value);
    if (parsed.kind === "invalid") return { ok: false, index, code: "invalid_message", message: parsed.reason };
    const { event } = parsed;
    if (large && utf8Bytes(JSON.stringify(event)) > EVENT_MAX) {
      return { ok: false, index, code: "event_too_big", message: ERRORS.event_too_big.message };
    }
    events.push(event);
  }
  return { ok: true, events };
}
