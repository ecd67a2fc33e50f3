import type { AnyEvent } from "../../protocol/index.ts";
import { RUN_INFO_MAX, SNAPSHOT_EVENT_MAX, SNAPSHOT_SAMPLES } from "../../protocol/index.ts";
import { NO_SPARK, type Spark, withProgress } from "./spark.ts";
import { utf8Bytes } from "./utf8.ts";

/** The part of a run's present state that events make. Kept in the newest chunk's row, so that a wake reads few rows. */
export type RunState = {
  training_progress: AnyEvent | null;
  training_status: AnyEvent | null;
  sample_progress: AnyEvent | null;
  system_stats: AnyEvent | null;
  validation_result: AnyEvent | null;
  agent_status: AnyEvent | null;
  training_health: AnyEvent | null;
  run_info: AnyEvent | null;
  /** Newest last. */
  samples: AnyEvent[];
  /** Of rows that an older relay wrote it is missing. */
  spark?: Spark;
};

export const EMPTY_STATE: RunState = {
  training_progress: null,
  training_status: null,
  sample_progress: null,
  system_stats: null,
  validation_result: null,
  agent_status: null,
  training_health: null,
  run_info: null,
  samples: [],
};

/**
 * @param event as it is in the log, of `bytes` when serialised
 * @returns the state after one more event; events of other types leave it as it is
 */
export function reduceState(state: RunState, event: AnyEvent, bytes: number): RunState {
  switch (event.type) {
    case "training_progress":
      return {
        ...state,
        training_progress: fitting(event, bytes, SNAPSHOT_EVENT_MAX),
        spark: withProgress(state.spark ?? NO_SPARK, event),
      };
    case "training_status":
    case "sample_progress":
    case "system_stats":
    case "validation_result":
    case "agent_status":
    case "training_health":
      return { ...state, [event.type]: fitting(event, bytes, SNAPSHOT_EVENT_MAX) };
    case "run_info":
      return { ...state, run_info: fitting(event, bytes, RUN_INFO_MAX) };
    case "sample_generated":
      return { ...state, samples: [...state.samples, fitting(event, bytes, SNAPSHOT_EVENT_MAX)].slice(-SNAPSHOT_SAMPLES) };
    default:
      return state;
  }
}

/**
 * The event without its largest fields, where it is too large for a snapshot: that stands in every welcome and in the newest row.
 * `left_out` names them.
 */
function fitting(event: AnyEvent, bytes: number, max: number): AnyEvent {
  if (bytes <= max) return event;
  const { type, timestamp, offset, ...fields } = event;
  const bySize = Object.entries(fields).map(([name, value]) => ({ name, value, bytes: utf8Bytes(JSON.stringify({ [name]: value })) }));
  bySize.sort((a, b) => a.bytes - b.bytes);
  let room = max - 1024;
  const kept = bySize.filter((field) => {
    room -= field.bytes;
    return room >= 0;
  });
  const leftOut = bySize.slice(kept.length).map((field) => field.name.slice(0, 64));
  const short = Object.fromEntries(kept.map((field) => [field.name, field.value]));
  return {
    type,
    ...(timestamp === undefined ? {} : { timestamp }),
    ...short,
    left_out: leftOut.slice(-8),
    ...(offset === undefined ? {} : { offset }),
  };
}
