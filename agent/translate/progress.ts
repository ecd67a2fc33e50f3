import type { EventOf } from "../../protocol/events.ts";
import { forecast } from "../eta/forecast.ts";
import type { Place } from "../eta/state.ts";
import type { StepScalars } from "./scalar-join.ts";
import type { Progress, TrainingState } from "./state.ts";

/**
 * How far a training is. Counted by epochs where they are known: `global_step` of a resumed run need not fit the present configuration.
 *
 * @returns the place, or null where no step is known
 */
export function placeOf(progress: Progress): Place | null {
  const { epoch, epoch_step, global_step, max_step, max_epoch } = progress;
  const total = max_step === null ? null : wholeOf(max_step, max_epoch, epoch);
  if (total !== null && max_step !== null && max_epoch !== null && epoch !== null && epoch_step !== null) {
    return { done: epoch * max_step + epoch_step, total, epoch_steps: max_step };
  }
  const done = global_step ?? epoch_step;
  return done === null ? null : { done, total, epoch_steps: max_epoch === null ? null : max_step };
}

/**
 * Fills in the place in the epoch for a trainer that counts steps over all epochs and says how long these are.
 * At the end of an epoch that is its last step, not the first of the next.
 */
export function withEpoch(progress: Progress): Progress {
  const { epoch, epoch_step, global_step, max_step, max_epoch } = progress;
  if (epoch !== null || epoch_step !== null || global_step === null || !max_step) return progress;
  if (max_epoch === null) return { ...progress, epoch_step: global_step };
  const done = Math.max(0, Math.ceil(global_step / max_step) - 1);
  return { ...progress, epoch: done, epoch_step: global_step - done * max_step };
}

/** @returns the steps of the whole training; one that does not speak of epochs has one of them */
function wholeOf(max_step: number, max_epoch: number | null, epoch: number | null): number | null {
  if (max_epoch !== null) return max_step * max_epoch;
  return epoch === null ? max_step : null;
}

/** @returns whether steps of the training are left, which is also assumed where nothing is known of them. */
export function stepsLeft(progress: Progress | null): boolean {
  const place = progress && placeOf(progress);
  return !place || place.total === null || place.done < place.total;
}

/**
 * @param phase the run's present phase
 * @param over the training has ended: no time is left, or none that means something
 */
export function progressEvent(
  training: TrainingState,
  progress: Progress,
  scalars: StepScalars,
  about: { timestamp: string; phase: string | null; over?: "completed" | "cut short" },
): EventOf<"training_progress"> {
  const { eta_seconds, eta_low_seconds, eta_high_seconds, steps_per_second } = forecast(training.eta);
  const eta = about.over === undefined ? { eta_seconds, eta_low_seconds, eta_high_seconds } : endOfTime(about.over);
  return {
    type: "training_progress",
    timestamp: about.timestamp,
    step: progress.epoch_step,
    ...progress,
    ...scalars,
    ...eta,
    steps_per_second,
    phase: about.phase,
  };
}

function endOfTime(over: "completed" | "cut short") {
  const left = over === "completed" ? 0 : null;
  return { eta_seconds: left, eta_low_seconds: left, eta_high_seconds: left };
}
