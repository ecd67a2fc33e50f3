import { z } from "zod";
import { commandName, commandState } from "./events.ts";
import { BATCH_EVENTS_MAX, ID_PATTERN, LIFE_MAX_LENGTH, LOG_LINE_MAX, NAME_MAX_LENGTH, PROMPT_MAX, RUN_INFO_MAX } from "./limits.ts";
import { shallowRecord } from "./records.ts";

/** What passes between the agent (the producer) and a room. Endpoint `GET /runs/:run/agent`, role `agent`. */

const seq = z.int().min(1);

export const hello = z.looseObject({
  type: z.literal("hello"),
  protocol: z.literal(1),
  life: z.string().min(1).max(LIFE_MAX_LENGTH),
  /** First seq that is not acknowledged. */
  next_seq: seq,
  /** Highest seq that was ever sent, 0 for none: until those have come again the room holds back events of its own. */
  sent_seq: z.int().min(0),
  agent: z.looseObject({ name: z.string().max(NAME_MAX_LENGTH), version: z.string().max(NAME_MAX_LENGTH) }),
  /** The agent's clock: how far it is from the room's is taken out of the latency that the room tells. */
  timestamp: z.string().max(NAME_MAX_LENGTH).nullish(),
  /** Goes into the snapshot and is no event; its fields are those of a `run_info` event. */
  run_info: shallowRecord
    .refine((info) => JSON.stringify(info).length <= RUN_INFO_MAX, `at most ${RUN_INFO_MAX} characters of JSON`)
    .nullish(),
});
export type Hello = z.infer<typeof hello>;

/** The events are checked one by one by the room: see `parseEvent`. */
export const agentBatch = z.looseObject({
  type: z.literal("batch"),
  first_seq: seq,
  events: z.array(z.unknown()).min(1).max(BATCH_EVENTS_MAX),
  /** The agent is about to be quiet: store now, and acknowledge. */
  flush: z.boolean().optional(),
});
export type AgentBatch = z.infer<typeof agentBatch>;

export const commandUpdate = z.looseObject({
  type: z.literal("command_update"),
  id: z.string().regex(ID_PATTERN),
  state: commandState,
  global_step: z.int().min(0).nullish(),
  error: z.string().max(LOG_LINE_MAX).nullish(),
});

export const agentMessage = z.discriminatedUnion("type", [
  hello,
  agentBatch,
  commandUpdate,
  z.looseObject({ type: z.literal("ping"), timestamp: z.union([z.number(), z.string().max(NAME_MAX_LENGTH)]).nullish() }),
]);
export type AgentMessage = z.infer<typeof agentMessage>;
export const AGENT_MESSAGE_TYPES: ReadonlySet<string> = new Set(["hello", "batch", "command_update", "ping"]);

/** PR5: what the room tells about who is watching. */
export const demandMode = z.enum(["live", "idle", "crowd"]);
export const demand = z.looseObject({ mode: demandMode, batch_ms: z.int().min(0) });
export type Demand = z.infer<typeof demand>;

/** AC6. A relay of an earlier version does not tell them. */
const agentLimits = z.looseObject({
  max_frame_bytes: z.int(),
  max_event_bytes: z.int(),
  max_batch_events: z.int(),
  max_blob_bytes: z.int(),
  messages_per_second: z.int(),
});

/** Room to agent. */
export const roomToAgent = z.discriminatedUnion("type", [
  /** `last_seq`: the newest that is stored, 0 for a new life. */
  z.looseObject({ type: z.literal("ready"), life: z.string(), last_seq: z.int().min(0), demand, limits: agentLimits.optional() }),
  /** PR3: everything up to `seq` is durable. */
  z.looseObject({ type: z.literal("ack"), seq: z.int().min(0) }),
  z.looseObject({ type: z.literal("demand"), mode: demandMode, batch_ms: z.int().min(0) }),
  z.looseObject({
    type: z.literal("command"),
    id: z.string().regex(ID_PATTERN),
    command: commandName,
    expires_at: z.string(),
    save: z.boolean().optional(),
    prompt: z.string().max(PROMPT_MAX).optional(),
    negative_prompt: z.string().max(PROMPT_MAX).optional(),
    width: z.int().optional(),
    height: z.int().optional(),
    seed: z.int().optional(),
    steps: z.int().optional(),
    cfg: z.number().optional(),
  }),
  z.looseObject({ type: z.literal("pong"), client_timestamp: z.unknown(), server_timestamp: z.string() }),
  /**
   * `expected` with `sequence_gap`: the connection stays open and the producer goes on from there. `seq` with an event that was refused:
   * the whole batch was, and the producer has to send something else in that event's place. `last_seq` with `stale_life`: the newest of that
   * life that is stored, so that only what came after it is sent again in a new one.
   */
  z.looseObject({
    type: z.literal("error"),
    code: z.string(),
    message: z.string(),
    expected: z.int().optional(),
    seq: z.int().optional(),
    last_seq: z.int().min(0).optional(),
    retry_after_ms: z.number().optional(),
  }),
]);
export type RoomToAgent = z.infer<typeof roomToAgent>;
