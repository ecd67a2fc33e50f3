/** AC4: when a live link asks for a newer token. Pure; times are milliseconds since 1970, by the client's clock. */

/** Early enough that a slow answer still comes in time; a token that is shorter than five times this is replaced after most of it. */
const BEFORE_END_MS = 60_000;
const MOST = 0.8;
/** With less than this left nothing is asked any more: the end itself leads to another connection. */
const LEAST_LEFT_MS = 1000;

/** The end of a live link's token. `ahead_ms`: how far the client's clock is ahead of the relay's; `ask_at`: null where nothing will be asked. */
export type TokenEnd = { ahead_ms: number; ends_at: number; ask_at: number | null };

/**
 * Where the answer is the token that is had already, the same rule is asked again of what remains: a handful of tries that get closer, and no storm.
 * @returns when to ask for another token, or null where it is too late for that
 */
export function askAt(now: number, ends_at: number): number | null {
  const left = ends_at - now;
  if (!(left >= LEAST_LEFT_MS)) return null;
  return now + Math.ceil(Math.max(left * MOST, left - BEFORE_END_MS));
}

/**
 * @param expires_at as the relay's clock has it; absent from a relay that does not tell
 * @param ahead_ms how far the client's clock is ahead of the relay's
 */
export function tokenEnd(now: number, expires_at: string | null | undefined, ahead_ms: number): TokenEnd | null {
  const ends_at = Date.parse(expires_at ?? "") + ahead_ms;
  return Number.isFinite(ends_at) ? { ahead_ms, ends_at, ask_at: askAt(now, ends_at) } : null;
}
