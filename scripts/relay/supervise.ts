import { setTimeout as delay } from "node:timers/promises";
import { hasStoppedAnswering } from "./health.ts";
import type { RelayProcess, RelayStart } from "./process.ts";

/** After this long without trouble, in milliseconds, a relay counts as healthy and the next restart comes at once again. */
const HEALTHY_MS = 30_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

/**
 * @param failures how often in a row the relay has gone down, at least 1
 * @returns how long to wait before it is started again, in milliseconds
 */
export function retryDelay(failures: number): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
}

/** What a supervisor tells, for people. */
export type RelayNews = { kind: "down"; reason: string; retry_in_ms: number } | { kind: "up"; relay: RelayProcess };

/**
 * Keeps a relay running: whatever ends it, or keeps it from answering, it is started again.
 *
 * @param first a relay that runs
 * @param start starts another one in its place
 * @param stop ends it all; then the relay is stopped gently
 */
export async function superviseRelay(
  first: RelayProcess,
  start: () => Promise<RelayStart>,
  tell: (news: RelayNews) => void,
  stop: AbortSignal,
): Promise<void> {
  let relay = first;
  let failures = 0;
  for (;;) {
    const since = performance.now();
    const reason = await endOf(relay, stop);
    if (stop.aborted) return relay.stop();
    await relay.kill();
    if (performance.now() - since > HEALTHY_MS) failures = 0;

    const next = await startAgain(reason);
    if (!next) return;
    relay = next;
    tell({ kind: "up", relay });
  }

  async function startAgain(reason: string): Promise<RelayProcess | undefined> {
    for (let why = reason; ; ) {
      failures += 1;
      const retry_in_ms = retryDelay(failures);
      tell({ kind: "down", reason: why, retry_in_ms });
      await delay(retry_in_ms, undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) return undefined;
      const started = await start();
      if (started.ok) return started.relay;
      if (stop.aborted) return undefined;
      why = started.message;
    }
  }
}

/** Waits for the end of a relay: its process has ended, it has stopped answering, or nobody wants it any more. */
async function endOf(relay: RelayProcess, stop: AbortSignal): Promise<string> {
  const done = new AbortController();
  const watching = AbortSignal.any([done.signal, stop]);
  try {
    return await Promise.race([relay.exited, hasStoppedAnswering(relay.url, watching)]);
  } finally {
    done.abort();
  }
}
