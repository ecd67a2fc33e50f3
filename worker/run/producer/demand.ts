import type { Demand } from "../../../protocol/index.ts";
import { CROWD_BATCH_MS, CROWD_VIEWERS, IDLE_BATCH_MS, LIVE_BATCH_MS } from "../../../protocol/index.ts";

/** PR5: what the room asks of the agent, by how many are watching. */
export function demandFor(viewers: number): Demand {
  if (viewers === 0) return { mode: "idle", batch_ms: IDLE_BATCH_MS };
  if (viewers > CROWD_VIEWERS) return { mode: "crowd", batch_ms: CROWD_BATCH_MS };
  return { mode: "live", batch_ms: LIVE_BATCH_MS };
}
