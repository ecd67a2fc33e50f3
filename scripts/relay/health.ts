import { setTimeout as delay } from "node:timers/promises";

const EVERY_MS = 1_000;
/** Once it has not answered, we ask again soon. */
const AGAIN_MS = 250;
const PATIENCE_MS = 2_000;
const STRIKES = 3;

/**
 * Waits until a relay has stopped answering. That wrangler's process lives says little: when its front is killed it starts another
 * one that accepts connections and never answers.
 *
 * @param url the relay's origin
 * @param cancel ends the watch
 * @returns a few words, when several questions in a row went unanswered, or when cancelled
 */
export async function hasStoppedAnswering(url: string, cancel: AbortSignal): Promise<string> {
  for (let strikes = 0; strikes < STRIKES; ) {
    await delay(strikes === 0 ? EVERY_MS : AGAIN_MS, undefined, { signal: cancel }).catch(() => undefined);
    if (cancel.aborted) return "is not watched any more";
    strikes = (await isHealthy(url, PATIENCE_MS)) ? 0 : strikes + 1;
  }
  return "has stopped answering";
}

/** @param patience_ms how long to wait for the answer */
export async function isHealthy(url: string, patience_ms: number): Promise<boolean> {
  try {
    const answer = await fetch(new URL("/healthz", url), { signal: AbortSignal.timeout(patience_ms) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
