/** Longest wait of the first attempt, and of any. Half a second on average heals a blink; half a minute spares a relay that is down. */
const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** A link that lived this long was healthy: the next loss starts counting anew. A shorter one does not, or a crash loop would hammer. */
export const HEALTHY_MS = 10_000;
/** Most patience that a relay can ask for: a header with a slip in it must not send anybody away for days. */
const PATIENCE_MAX_MS = 600_000;

/**
 * Full jitter: anything between nothing and the attempt's bound, so that viewers that lost the same relay do not return together. Those
 * that a limit sent away were told the same wait, and spread over half as much again behind it.
 *
 * @param attempt 0 for the first try after a loss
 * @param random in [0, 1)
 * @param told_ms what the relay asked for (`Retry-After`, `retry_after_ms`)
 * @returns milliseconds to wait
 */
export function backoff(attempt: number, random: number, told_ms = 0): number {
  const told = patience(told_ms);
  return told + Math.floor(random * Math.max(Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16)), told / 2));
}

/** @returns the wait that the relay asked for, as far as it is heeded */
export function patience(told_ms: number): number {
  return Math.min(Math.max(0, Math.ceil(told_ms) || 0), PATIENCE_MAX_MS);
}
