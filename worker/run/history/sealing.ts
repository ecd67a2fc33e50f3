import { HISTORY_OPEN_BYTES, HISTORY_OPEN_MS } from "../../../protocol/index.ts";

/** How far the history goes: the last offset whose points are sealed, the bytes that the log ever had then, and when. */
export type Sealed = { through: number; log_bytes: number; sealed_at: number };

/**
 * Whether what the log has gained since is to be sealed. By bytes of log, whatever they are, so that the part of a curve that is read from the log
 * stays small; by age, so that it is sealed long before it is trimmed.
 * @param oldestAt when the oldest row of the log was stored, for a run without a seal; milliseconds since 1970
 * @param now where the log ends now
 */
export function sealDue(sealed: Sealed | NotSealed, oldestAt: number, now: Sealed): boolean {
  // A clock that was set back must not put it off: the rows that it is about may look old by then.
  const age = Math.abs(now.sealed_at - (sealed.sealed_at ?? oldestAt));
  return now.log_bytes - sealed.log_bytes >= HISTORY_OPEN_BYTES || age >= HISTORY_OPEN_MS;
}

export type NotSealed = { through: 0; log_bytes: 0; sealed_at: null };
export const NOT_SEALED: NotSealed = { through: 0, log_bytes: 0, sealed_at: null };
