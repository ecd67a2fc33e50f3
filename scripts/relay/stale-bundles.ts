import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";

/** In milliseconds. A relay that is still running needs its bundle only when it reloads, and writes it anew then. */
const STALE_MS = 24 * 60 * 60 * 1000;

/**
 * Removes the bundles of relays that were killed: wrangler puts one into the checkout at each start, and removes it only when it ends by
 * itself.
 *
 * @param now_ms the present time, in milliseconds since 1970
 */
export function removeStaleBundles(now_ms: number): void {
  const folder = join(ROOT, ".wrangler", "tmp");
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now_ms;
    if (now_ms - modified > STALE_MS) rmSync(path, { recursive: true, force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
