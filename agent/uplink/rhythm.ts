import { BATCH_MS_MAX, CROWD_BATCH_MS, type Demand, IDLE_BATCH_MS, LIVE_BATCH_MS } from "../../protocol/index.ts";

/**
 * PR5: what each mode means to the agent, in milliseconds between batches. A room asks within that: one that asks for nothing between would have a
 * message billed for every event, and one that asks for an hour would hold the acks back for as long.
 */
const BOUNDS: Readonly<Record<Demand["mode"], { least: number; most: number }>> = {
  live: { least: LIVE_BATCH_MS, most: CROWD_BATCH_MS },
  crowd: { least: CROWD_BATCH_MS, most: IDLE_BATCH_MS },
  idle: { least: CROWD_BATCH_MS, most: BATCH_MS_MAX },
};

export type Rhythm = Pick<Demand, "mode" | "batch_ms">;

export function rhythmOf({ mode, batch_ms }: Rhythm): Rhythm {
  const { least, most } = BOUNDS[mode];
  return { mode, batch_ms: Math.min(Math.max(batch_ms, least), most) };
}
