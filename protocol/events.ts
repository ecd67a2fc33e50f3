import { z } from "zod";
import { isShallow } from "./depth.ts";
import {
  ERROR_MESSAGE_MAX,
  ID_PATTERN,
  JSON_DEPTH_MAX,
  LOG_LINE_MAX,
  NAME_MAX_LENGTH,
  PROMPT_MAX,
  SERIES_NAME_MAX_LENGTH,
  SERIES_PER_RUN,
} from "./limits.ts";
import { isWireNumber, type WireNumber, wireNumber } from "./numbers.ts";
import { boundedRecord } from "./records.ts";

/**
 * The events of a run. Flat JSON objects: `type`, `timestamp` (ISO-8601, UTC, milliseconds) and the fields of the type;
 * an event that has been through a room also has `offset`. Unknown types and unknown fields pass through.
 */

const text = (max: number) => z.string().max(max).nullish();
const number = wireNumber.nullish();
const count = z.int().min(0).nullish();
const id = z.string().regex(ID_PATTERN);

const base = {
  timestamp: z.string().max(40).optional(),
  offset: z.int().min(1).optional(),
};

export const runStatus = z.enum(["idle", "starting", "running", "paused", "stopping", "stopped", "error", "completed"]);
export type RunStatus = z.infer<typeof runStatus>;

export const commandName = z.enum(["stop", "pause", "resume", "sample", "backup", "save"]);
export type CommandName = z.infer<typeof commandName>;
export const commandState = z.enum(["queued", "delivered", "applied", "rejected", "expired", "failed"]);
export type CommandState = z.infer<typeof commandState>;

const gpu = z.looseObject({
  index: count,
  uuid: text(NAME_MAX_LENGTH),
  name: text(NAME_MAX_LENGTH),
  utilization_percent: number,
  memory_used_gb: number,
  memory_total_gb: number,
  temperature_c: number,
  power_w: number,
  power_limit_w: number,
  sm_clock_mhz: number,
  memory_clock_mhz: number,
  fan_percent: number,
  throttle_reasons: z.array(z.string().max(64)).max(32).nullish(),
});
export type Gpu = z.infer<typeof gpu>;

const disk = z.looseObject({ mount: text(1024), used_gb: number, total_gb: number });
const network = z.looseObject({ received_bytes_per_second: number, sent_bytes_per_second: number });
const process = z.looseObject({ pid: count, cpu_percent: number, ram_used_gb: number, gpu_memory_used_gb: number });

export const trainingProgress = z.looseObject({
  type: z.literal("training_progress"),
  ...base,
  /** `epoch_step`, so that `step / max_step` is the epoch's progress. */
  step: count,
  epoch: count,
  epoch_step: count,
  global_step: count,
  /** Steps of one epoch. */
  max_step: count,
  max_epoch: count,
  loss: number,
  smooth_loss: number,
  learning_rate: number,
  eta_seconds: number,
  eta_low_seconds: number,
  eta_high_seconds: number,
  steps_per_second: number,
  phase: text(64),
});

export const trainingStatus = z.looseObject({
  type: z.literal("training_status"),
  ...base,
  status: runStatus,
  message: text(LOG_LINE_MAX),
  error: text(LOG_LINE_MAX),
  phase: text(64),
});

export const sampleGenerated = z.looseObject({
  type: z.literal("sample_generated"),
  ...base,
  sample_id: id,
  /** A URL path on the relay, never a path of the GPU machine. */
  path: text(512),
  thumbnail_path: text(512),
  sample_type: z.enum(["default", "custom"]).nullish(),
  media_type: text(64),
  width: count,
  height: count,
  step: count,
  epoch: count,
  prompt: text(PROMPT_MAX),
  sha256: text(64),
});

export const sampleProgress = z.looseObject({
  type: z.literal("sample_progress"),
  ...base,
  sample_type: z.enum(["default", "custom"]).nullish(),
  step: count,
  max_step: count,
});

export const logLevel = z.enum(["debug", "info", "warning", "error", "critical"]);
export type LogLevel = z.infer<typeof logLevel>;

export const log = z.looseObject({
  type: z.literal("log"),
  ...base,
  level: logLevel,
  /** At most {@link LOG_LINE_MAX} bytes of UTF-8; no control characters but tabs and ANSI colours. */
  message: z.string().max(LOG_LINE_MAX),
  source: text(64),
});

export const systemStats = z.looseObject({
  type: z.literal("system_stats"),
  ...base,
  gpu_memory_used_gb: number,
  gpu_memory_total_gb: number,
  gpu_utilization_percent: number,
  cpu_percent: number,
  ram_used_gb: number,
  ram_total_gb: number,
  gpus: z.array(gpu).max(64).nullish(),
  disks: z.array(disk).max(64).nullish(),
  network: network.nullish(),
  process: process.nullish(),
});

export const validationResult = z.looseObject({
  type: z.literal("validation_result"),
  ...base,
  step: count,
  epoch: count,
  validation_loss: number,
  label: text(SERIES_NAME_MAX_LENGTH),
});

/** Looked at as a whole, as {@link boundedRecord} is. */
const wholeNumbers = z.custom<number[]>(
  (value) => Array.isArray(value) && value.every(Number.isSafeInteger),
  "expected a list of whole numbers",
);
const columns = boundedRecord(
  { entries: SERIES_PER_RUN, name: { min: 1, max: SERIES_NAME_MAX_LENGTH } },
  isColumn,
  `expected at most ${SERIES_PER_RUN} series, each a list of numbers under a name of 1 to ${SERIES_NAME_MAX_LENGTH} characters`,
);

function isColumn(value: unknown): value is (WireNumber | null)[] {
  return Array.isArray(value) && value.every((cell) => cell === null || isWireNumber(cell));
}

export const metrics = z
  .looseObject({
    type: z.literal("metrics"),
    ...base,
    steps: wholeNumbers,
    /** One column a series, as long as `steps`; null where a series has no value at that step. */
    series: columns,
  })
  .refine(
    ({ steps, series }) => Object.values(series).every((column) => column.length === steps.length),
    "a series is not as long as the steps",
  );

export const runInfo = z.looseObject({
  type: z.literal("run_info"),
  ...base,
  name: text(NAME_MAX_LENGTH),
  trainer: text(NAME_MAX_LENGTH),
  version: text(NAME_MAX_LENGTH),
  config: z.record(z.string(), z.unknown()).nullish(),
  host: z.unknown().optional(),
  gpus: z.array(z.unknown()).max(64).nullish(),
  started_at: text(40),
  resumed_from: z.unknown().optional(),
});

export const commandStatus = z.looseObject({
  type: z.literal("command_status"),
  ...base,
  command_id: id,
  command: commandName,
  state: commandState,
  by: text(NAME_MAX_LENGTH),
  global_step: count,
  error: text(LOG_LINE_MAX),
});

export const agentStatus = z.looseObject({
  type: z.literal("agent_status"),
  ...base,
  connected: z.boolean(),
  since: text(40),
  last_heard: text(40),
  reason: text(LOG_LINE_MAX),
});

/** Two truths of HL1 that the agent sees: the trainer's process, and whether the training gets on. Told on change alone. */
export const trainingHealth = z.looseObject({
  type: z.literal("training_health"),
  ...base,
  process: z.looseObject({ state: z.enum(["alive", "exited"]), pid: count, exit_code: z.int().nullish(), signal: text(64) }),
  progress: z.looseObject({
    state: z.enum(["waiting", "advancing", "stalled", "paused", "over"]),
    since: text(40),
    phase: text(64),
    /** Seconds: the pace of steps, or what this phase takes, and the silence from which on it is a stall; null where neither is known. */
    usual_s: z.number().nullish(),
    threshold_s: z.number().nullish(),
    /** Why it is a stall, in words. */
    reason: text(LOG_LINE_MAX),
  }),
});

export const alert = z.looseObject({
  type: z.literal("alert"),
  ...base,
  rule: text(NAME_MAX_LENGTH),
  severity: text(64),
  message: text(LOG_LINE_MAX),
  value: z.unknown().optional(),
});

/** Every event type that this version knows, with its schema. */
export const eventSchemas = {
  training_progress: trainingProgress,
  training_status: trainingStatus,
  sample_generated: sampleGenerated,
  sample_progress: sampleProgress,
  log,
  system_stats: systemStats,
  validation_result: validationResult,
  metrics,
  run_info: runInfo,
  command_status: commandStatus,
  agent_status: agentStatus,
  training_health: trainingHealth,
  alert,
} as const;

export type EventType = keyof typeof eventSchemas;
/** The event of one known type. */
export type EventOf<T extends EventType> = z.infer<(typeof eventSchemas)[T]>;
/** Any event of a known type. */
export type KnownEvent = { [T in EventType]: EventOf<T> }[EventType];

/** An event of any type, as old clients and the relay see it: the fields are whatever the producer sent. */
export const anyEvent = z.looseObject({ type: z.string().min(1).max(64), ...base });
export type AnyEvent = z.infer<typeof anyEvent>;
/** An event that has been through a room. */
export type StoredEvent = AnyEvent & { offset: number; timestamp: string };

/** EV1: only these are thinned by the agent; of each type a newer event replaces an older one. */
export const LATEST_WINS: ReadonlySet<string> = new Set<EventType>(["training_progress", "sample_progress", "system_stats"]);

/** @returns true where this version knows the type. */
export function isKnownType(type: string): type is EventType {
  return Object.hasOwn(eventSchemas, type);
}

/** An event sorted by what this version knows: typed, of an unknown type, or of a known type with fields that do not fit. */
export type ParsedEvent = { kind: "known"; event: KnownEvent } | { kind: "unknown"; event: AnyEvent } | { kind: "invalid"; reason: string };

/**
 * Checks one event. What passes is the object that was given, with every field that it has, known or not.
 * @param value parsed JSON
 */
export function parseEvent(value: unknown): ParsedEvent {
  const any = anyEvent.safeParse(value);
  if (!any.success) return { kind: "invalid", reason: describe(any.error) };
  if (!isShallow(value)) return { kind: "invalid", reason: `it nests deeper than ${JSON_DEPTH_MAX}` };
  const { type } = any.data;
  if (!isKnownType(type)) return { kind: "unknown", event: value as AnyEvent };
  const known = eventSchemas[type].safeParse(value);
  return known.success ? { kind: "known", event: value as KnownEvent } : { kind: "invalid", reason: `${type}: ${describe(known.error)}` };
}

/** @returns one line that names the field and what is wrong with it; bounded, since names of fields come from outside */
export function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return "invalid";
  const where = issue.path.map(String).join(".");
  return (where ? `${where}: ${issue.message}` : issue.message).slice(0, ERROR_MESSAGE_MAX);
}
