import { z } from "zod";

/** The answer of `GET /api/ws/status`. */

const count = z.int().min(0);
const connections = z.looseObject({ viewer: count, operator: count, agent: count, owner: count });
/** Totals since the room woke, and rates over the last ten seconds. */
const flow = z.looseObject({ frames: count, bytes: count, frames_per_second: z.number(), bytes_per_second: z.number() });

/** One run, as its room has it in memory. */
const roomStatus = z.looseObject({
  training_state: z.string().nullable(),
  /** What is counted here is counted since then. */
  awake_since: z.string(),
  connections,
  received: flow,
  sent: flow,
  /** By client: frames that it sent and that could not be taken. */
  errors: z.record(z.string(), count),
  latency_ms: z.number().nullable(),
  largest_frame_bytes: count,
  /** Events that are not stored yet. */
  tail: z.looseObject({ events: count, bytes: count }),
  log: z.looseObject({ bytes: count, oldest_offset: count, last_offset: count }),
  /** Samples that the bucket keeps. */
  blobs: z.looseObject({ count, count_max: count, bytes: count, bytes_max: count }),
  limits: z.looseObject({
    viewers: count,
    viewers_max: count,
    agents: count,
    agents_max: count,
    /** How often something was refused, by the code that its sender was told. */
    refused: z.record(z.string(), count),
  }),
  agent: z.looseObject({
    connected: z.boolean(),
    since: z.string().nullable(),
    last_heard: z.string().nullable(),
    ram_used_gb: z.unknown(),
  }),
});
export type RoomStatus = z.infer<typeof roomStatus>;

/** By run. Pair by pair: zod's own schema of a record leaves out a run that is called `__proto__`. */
const byRun = z
  .custom<object>((value) => typeof value === "object" && value !== null, "expected an object")
  .transform((runs) => Object.entries(runs))
  .pipe(z.array(z.tuple([z.string(), roomStatus])))
  .transform((pairs): Record<string, RoomStatus> => Object.fromEntries(pairs));

export const relayStatus = z.looseObject({
  active_connections: count,
  connections,
  training_state: z.string().nullable(),
  /** What asks for a socket too often is refused by the Worker, before any run hears of it. `refused`: since this isolate of it started. */
  upgrades: z.looseObject({ limit_per_minute: count, refused: count }),
  runs: byRun,
});
export type RelayStatus = z.infer<typeof relayStatus>;
