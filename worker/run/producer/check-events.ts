import { type AnyEvent, ERRORS, type ErrorCode, EVENT_MAX, parseEvent } from "../../../protocol/index.ts";
import { utf8Bytes } from "../log/line.ts";

export type Checked = { ok: true; events: AnyEvent[] } | { ok: false; index: number; code: ErrorCode; message: string };

/**
 * Checks a producer's events: the whole batch or nothing, since a refused event must not make a hole. `index` is the bad one's.
 * @param frame that they came in: where all of it is small, no event needs to be measured
 */
export function checkEvents(values: readonly unknown[], frame: string | ArrayBuffer): Checked {
  const large = isLarge(frame);
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

/** Whether it has more bytes than one event may have. What counts is bytes: a row is limited in bytes. */
function isLarge(frame: string | ArrayBuffer): boolean {
  if (typeof frame !== "string") return frame.byteLength > EVENT_MAX;
  // Three bytes a UTF-16 unit at most: short frames need no count.
  return frame.length * 3 > EVENT_MAX && utf8Bytes(frame) > EVENT_MAX;
}
