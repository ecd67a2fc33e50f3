import { setTimeout as delay } from "node:timers/promises";

/** How often the condition is looked at, in milliseconds. */
const EVERY_MS = 20;

/**
 * Waits until something is there.
 *
 * @param condition gives it, or something falsy while it is not there; what it throws ends the wait
 * @param options timeout_ms: when to give up, 30 s if not said; what: what is waited for, for the message
 * @returns the first truthy value of the condition
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: { timeout_ms?: number; what: string },
): Promise<Exclude<Awaited<T>, false | null | undefined | 0 | "">> {
  const timeout_ms = options.timeout_ms ?? 30_000;
  const deadline = performance.now() + timeout_ms;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<Awaited<T>, false | null | undefined | 0 | "">;
    if (performance.now() > deadline) throw new Error(`gave up after ${timeout_ms} ms waiting for ${options.what}`);
    await delay(EVERY_MS);
  }
}
