/** Longest wait of the first attempt, and of any. Half a second heals a blink; half a minute spares a relay that is down. */
const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** A link that lived this long was healthy: the next loss starts counting anew. A shorter one does not, or a crash loop would hammer. */
export const HEALTHY_MS = 10_000;

/**
 * Full jitter: anything between nothing and the attempt's bound, so that viewers that lost the same relay do not return together.
 * @param attempt 0 for the first try after a loss
 * @param random in [0, 1)
 * @returns milliseconds to wait
 */
export function backoff(attempt: number, random: number): number {
  return Math.floor(random * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16)));
}
