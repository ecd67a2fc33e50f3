/** Full jitter (each wait is anything from 0 to the ceiling): a relay that restarts is not met by all agents at once. */
export const BACKOFF_BASE_MS = 500;
export const BACKOFF_CAP_MS = 30_000;
/** A connection that lived this long was no failure: the next wait begins at the base again. */
export const HEALTHY_MS = 30_000;
/** A relay that refuses is asked again only now and then: someone has to change a token first. */
export const REFUSED_RETRY_MS = 300_000;

/**
 * @param attempt failures in a row before this wait, from 0
 * @param random from 0 to below 1
 * @returns milliseconds to wait
 */
export function backoff(attempt: number, random: number): number {
  return random * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 16));
}
