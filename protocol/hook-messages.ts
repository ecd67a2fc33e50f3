import { z } from "zod";
import { commandName, commandState, logLevel, runStatus } from "./events.ts";
import {
  EVENT_TYPE_MAX_LENGTH,
  ID_PATTERN,
  LIFE_MAX_LENGTH,
  LOG_LINE_MAX,
  NAME_MAX_LENGTH,
  PROMPT_MAX,
  SERIES_NAME_MAX_LENGTH,
  TYPES_COUNTED_MAX,
} from "./limits.ts";
import { wireNumber } from "./numbers.ts";
import { boundedRecord, shallowRecord } from "./records.ts";

/**
 * What passes between the hook in the trainer's process and the agent: NDJSON, one object a line, over TCP on loopback.
 *
 * The hook finds the agent through the file that `RUNCAST_HOOK_FILE` names (JSON as in {@link hookFile}, mode 0600), which it reads
 * anew before each attempt to connect: an agent that was killed comes back on another port. It says `hello`, is answered `ready`
 * or `error`, and sends its messages numbered `n` = 1, 2, 3, …; the agent answers `ack` once they are in its spool. The hook keeps
 * what is not acknowledged (bounded) and sends it again after a reconnect, so the death of an agent loses nothing.
 *
 * The hook reports what it saw, as it saw it; the meaning (statuses, phases, ETA) is made by the agent.
 * `t` is the wall clock in seconds since 1970, a float.
 */

export const hookFile = z.looseObject({
  protocol: z.literal(1),
  host: z.string(),
  port: z.int().min(1).max(65535),
  token: z.string().min(16).max(256),
});
export type HookFile = z.infer<typeof hookFile>;

/** First line of a connection, not numbered. */
export const hookHello = z.looseObject({
  type: z.literal("hello"),
  protocol: z.literal(1),
  token: z.string().max(256),
  /** Random, one for each process that trains: names the numbering of `n`. */
  session: z.string().min(1).max(LIFE_MAX_LENGTH),
  pid: z.int().min(1),
  /** Version of the hook. */
  version: z.string().max(64),
  python: z.string().max(64),
});

const envelope = { n: z.int().min(1), t: z.number() };
const sampleType = z.enum(["default", "custom"]);
const count = z.int().min(0).nullish();
const line = z.string().max(LOG_LINE_MAX);

const typeCounts = boundedRecord(
  { entries: TYPES_COUNTED_MAX, name: { min: 0, max: EVENT_TYPE_MAX_LENGTH } },
  isCount,
  `expected at most ${TYPES_COUNTED_MAX} counts, each under a name of at most ${EVENT_TYPE_MAX_LENGTH} characters`,
);

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export const hookMessage = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("run_info"),
    ...envelope,
    /** `onetrainer`, `tensorboard`, `python` (the explicit API). */
    trainer: z.string().max(NAME_MAX_LENGTH),
    version: z.string().max(NAME_MAX_LENGTH).nullish(),
    name: z.string().max(NAME_MAX_LENGTH).nullish(),
    /** The trainer's configuration as it is; the agent removes secrets. */
    config: shallowRecord.nullish(),
  }),
  z.looseObject({
    type: z.literal("progress"),
    ...envelope,
    epoch: count,
    epoch_step: count,
    global_step: count,
    /** Steps of one epoch. */
    max_step: count,
    max_epoch: count,
  }),
  /** OneTrainer's status line, word for word. */
  z.looseObject({ type: z.literal("status_text"), ...envelope, text: line }),
  /** The explicit API's status. */
  z.looseObject({
    type: z.literal("status"),
    ...envelope,
    status: runStatus,
    phase: z.string().max(64).nullish(),
    message: line.nullish(),
    error: line.nullish(),
  }),
  z.looseObject({
    type: z.literal("scalars"),
    ...envelope,
    /** `[t, tag, value, step]`, in the order in which they were logged. */
    rows: z.array(z.tuple([z.number(), z.string().min(1).max(SERIES_NAME_MAX_LENGTH), wireNumber, z.int().nullable()])).max(10_000),
  }),
  z.looseObject({
    type: z.literal("sample"),
    ...envelope,
    sample_type: sampleType,
    /** Absolute path of the file on this machine, with its extension. */
    path: z.string().max(4096),
    /** Global step. */
    step: count,
    epoch: count,
    prompt: z.string().max(PROMPT_MAX).nullish(),
  }),
  z.looseObject({
    type: z.literal("sample_progress"),
    ...envelope,
    sample_type: sampleType,
    step: z.int().min(0),
    max_step: z.int().min(0),
  }),
  z.looseObject({ type: z.literal("log"), ...envelope, level: logLevel, message: line }),
  /** A stop was asked for, by whomever: `TrainCommands.stop()` was called. */
  z.looseObject({ type: z.literal("stop_requested"), ...envelope }),
  /** An exception left the training; `message` is its last line, as Python prints it. */
  z.looseObject({ type: z.literal("error"), ...envelope, message: line }),
  /** The training in this process is over, its final model saved, and no exception left it. The process may go on (a GUI). */
  z.looseObject({ type: z.literal("end"), ...envelope }),
  /** The hook's queue was full: how many messages of each type were dropped, *latest wins* types first. */
  z.looseObject({ type: z.literal("dropped"), ...envelope, counts: typeCounts }),
  z.looseObject({
    type: z.literal("command_update"),
    ...envelope,
    id: z.string().regex(ID_PATTERN),
    state: commandState,
    global_step: count,
    error: line.nullish(),
  }),
]);
export type HookMessage = z.infer<typeof hookMessage>;
export type HookMessageOf<T extends HookMessage["type"]> = Extract<HookMessage, { type: T }>;

/** Agent to hook. */
export const agentToHook = z.discriminatedUnion("type", [
  /** `last_n`: the newest message of this session that is in the spool, 0 for a new one. */
  z.looseObject({ type: z.literal("ready"), last_n: z.int().min(0) }),
  z.looseObject({ type: z.literal("ack"), n: z.int().min(1) }),
  /** The agent closes after it. Codes: `unauthorized`, `invalid_message`, `line_too_long`. */
  z.looseObject({ type: z.literal("error"), code: z.string(), message: z.string() }),
  z.looseObject({
    type: z.literal("command"),
    id: z.string().regex(ID_PATTERN),
    command: commandName,
    /** Seconds until the relay calls it expired: what has not begun by then must not begin. */
    expires_in: z.number().optional(),
    save: z.boolean().optional(),
    prompt: z.string().max(PROMPT_MAX).optional(),
    negative_prompt: z.string().max(PROMPT_MAX).optional(),
    width: z.int().optional(),
    height: z.int().optional(),
    seed: z.int().optional(),
    steps: z.int().optional(),
    cfg: z.number().optional(),
  }),
]);
export type AgentToHook = z.infer<typeof agentToHook>;
