import { z } from "zod";
import { role } from "./claims.ts";
import { commandMessage, commandRecord } from "./commands.ts";
import { anyEvent, commandState } from "./events.ts";
import { EVENT_TYPE_MAX_LENGTH, NAME_MAX_LENGTH, SUBSCRIPTIONS_MAX, TOKEN_MAX_LENGTH } from "./limits.ts";

/** What passes between a viewer and a room. Endpoint `GET /runs/:run/ws`; modes by `Sec-WebSocket-Protocol` (VW1, VW2). */

export const BATCHED_SUBPROTOCOL = "runcast.v1.json";
/** The same in Protocol Buffers, in binary frames: `runcast_v1.proto`. */
export const PROTO_SUBPROTOCOL = "runcast.v1.proto";
export const PLAIN_SUBPROTOCOL = "runcast.plain";
/** A token beside one of the above; never echoed (AC2). */
export const BEARER_SUBPROTOCOL_PREFIX = "bearer.";

/** VW7: answered by the platform, letter for letter, without waking the room. */
export const KEEPALIVE_SEND = '{"type":"keepalive"}';
export const KEEPALIVE_REPLY = '{"type":"keepalive_ack"}';

/** Every event type, in a subscription. */
export const ALL_EVENTS = "*";

const eventNames = z.array(z.string().min(1).max(EVENT_TYPE_MAX_LENGTH)).max(SUBSCRIPTIONS_MAX);

export const viewerMessage = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("subscribe"), events: eventNames }),
  z.looseObject({ type: z.literal("unsubscribe"), events: eventNames }),
  z.looseObject({ type: z.literal("ping"), timestamp: z.union([z.number(), z.string().max(NAME_MAX_LENGTH)]).nullish() }),
  z.looseObject({ type: z.literal("ack"), through: z.int().min(0) }),
  z.looseObject({ type: z.literal("refresh"), token: z.string().max(TOKEN_MAX_LENGTH) }),
  commandMessage,
]);
export type ViewerMessage = z.infer<typeof viewerMessage>;
export const VIEWER_MESSAGE_TYPES: ReadonlySet<string> = new Set(["subscribe", "unsubscribe", "ping", "ack", "refresh", "command"]);

const offset = z.int().min(0);

/** What is known of the run's health now (HL1): all of the four truths but the viewer's own link. */
export const health = z.looseObject({
  agent: z.looseObject({ connected: z.boolean(), since: z.string().nullable(), last_heard: z.string().nullable() }),
  /** What the trainer says of itself. */
  trainer: z.looseObject({ status: z.string().nullable(), phase: z.string().nullable(), error: z.string().nullable() }),
  /** Its process: `alive`, `exited`, or `unknown`, where nobody is there to see it. Relays of before this do not tell. */
  process: z
    .looseObject({ state: z.string(), pid: z.int().nullable(), exit_code: z.int().nullable(), signal: z.string().nullable() })
    .optional(),
  /** Whether steps come: `waiting`, `advancing`, `stalled`, `paused`, `over`, or `unknown`. Times of `usual_s` and `threshold_s` in seconds. */
  progress: z
    .looseObject({
      state: z.string(),
      since: z.string().nullable(),
      phase: z.string().nullable(),
      usual_s: z.number().nullable(),
      threshold_s: z.number().nullable(),
      reason: z.string().nullable(),
    })
    .optional(),
});
export type Health = z.infer<typeof health>;

/** The run's present state: the newest event of each type, under the type's name, and what belongs to no event. */
export const snapshot = z.looseObject({
  training_progress: anyEvent.nullable(),
  training_status: anyEvent.nullable(),
  sample_progress: anyEvent.nullable(),
  system_stats: anyEvent.nullable(),
  validation_result: anyEvent.nullable(),
  run_info: anyEvent.nullable(),
  agent_status: anyEvent.nullable(),
  training_health: anyEvent.nullish(),
  /** The newest `sample_generated` events, oldest first. */
  samples: z.array(anyEvent),
  /** Commands without a terminal state. */
  commands: z.array(commandRecord),
  health,
  /** Live viewer connections: names shown and how many in all. */
  viewers: z.looseObject({ count: z.int(), names: z.array(z.string()) }),
});
export type Snapshot = z.infer<typeof snapshot>;

export const welcome = z.looseObject({
  type: z.literal("welcome"),
  timestamp: z.string(),
  client_id: z.string(),
  run: z.string(),
  role,
  /** When the token ends, and the connection with it unless `refresh` brings another (AC4). */
  expires_at: z.string().nullish(),
  log_id: z.string(),
  oldest_offset: offset,
  last_offset: offset,
  recovered: z.boolean(),
  snapshot,
  keepalive: z.looseObject({ send: z.string(), reply: z.string(), every_ms: z.int() }),
  /** AC6. A relay of an earlier version tells the first four alone. */
  limits: z.looseObject({
    ack_every_bytes: z.int(),
    window_bytes: z.int(),
    max_frame_bytes: z.int(),
    messages_per_second: z.int(),
    messages_burst: z.int().optional(),
    connections_per_run: z.int().optional(),
    upgrades_per_minute: z.int().optional(),
    subscriptions: z.int().optional(),
    prompt_bytes: z.int().optional(),
  }),
});
export type Welcome = z.infer<typeof welcome>;

export const batch = z.looseObject({ type: z.literal("batch"), timestamp: z.string(), events: z.array(anyEvent), through: offset });
export type Batch = z.infer<typeof batch>;

/** Room to viewer, apart from the events themselves (plain mode sends those bare). */
export const roomMessage = z.discriminatedUnion("type", [
  welcome,
  batch,
  z.looseObject({ type: z.literal("subscribed"), events: z.array(z.string()), all_subscriptions: z.array(z.string()) }),
  z.looseObject({ type: z.literal("unsubscribed"), events: z.array(z.string()), remaining_subscriptions: z.array(z.string()) }),
  z.looseObject({ type: z.literal("pong"), client_timestamp: z.unknown(), server_timestamp: z.string() }),
  /** AC4: the connection goes on with the new token, until `expires_at`. */
  z.looseObject({ type: z.literal("refreshed"), expires_at: z.string() }),
  z.looseObject({ type: z.literal("renumbered"), log_id: z.string(), from: z.int().min(1) }),
  z.looseObject({ type: z.literal("command_ack"), id: z.string(), state: commandState }),
  z.looseObject({ type: z.literal("error"), code: z.string(), message: z.string(), retry_after_ms: z.number().optional() }),
  z.looseObject({ type: z.literal("keepalive_ack") }),
]);
export type RoomMessage = z.infer<typeof roomMessage>;
