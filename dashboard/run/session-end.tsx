import { now } from "../time/clock.ts";
import { duration } from "../time/format.ts";

/** Time enough to ask somebody for another link. */
const WARNED_MS = 10 * 60 * 1000;

/** Says in time that this link ends. Another one, opened in this tab, takes over in place. */
export function SessionEnd({ expiresAt }: { expiresAt: string | null }) {
  const left = Date.parse(expiresAt ?? "") - now.value;
  if (!(left < WARNED_MS)) return null;
  return (
    <p class="notice stale-notice" role="status">
      Your link ends in {duration(Math.max(0, left) / 1000)}. Ask for another one, and open it in this tab.
    </p>
  );
}
