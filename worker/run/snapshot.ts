import type { AnyEvent } from "../../protocol/index.ts";
import { SNAPSHOT_SAMPLES } from "../../protocol/index.ts";

/** The part of a run's present state that events make. Kept in the newest chunk's row, so that a wake reads few rows. */
export type RunState = {
  training_progress: AnyEvent | null;
  training_status: AnyEvent | null;
  sample_progress: AnyEvent | null;
  system_stats: AnyEvent | null;
  validation_result: AnyEvent | null;
  agent_status: AnyEvent | null;
  run_info: AnyEvent | null;
  /** Newest last. */
  samples: AnyEvent[];
};

export const EMPTY_STATE: RunState = {
  training_progress: null,
  training_status: null,
  sample_progress: null,
  system_stats: null,
  validation_result: null,
  agent_status: null,
  run_info: null,
  samples: [],
};

/** @returns the state after one more event; events of other types leave it as it is. */
export function reduceState(state: RunState, event: AnyEvent): RunState {
  switch (event.type) {
    case "training_progress":
    case "training_status":
    case "sample_progress":
    case "system_stats":
    case "validation_result":
    case "agent_status":
    case "run_info":
      return { ...state, [event.type]: event };
    case "sample_generated":
      return { ...state, samples: [...state.samples, event].slice(-SNAPSHOT_SAMPLES) };
    default:
      return state;
  }
}
