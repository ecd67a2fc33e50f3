import { isOver } from "../model/progress.ts";
import type { RunView } from "../model/run-view.ts";
import { placed, smoothed, type Timing, trainedSeconds } from "./align.ts";
import type { RunCurve } from "./run-curve.ts";

/** A run in figures; null: not known. Loss is smoothed, as in its chart. `least`: where it was lowest. Time in seconds, pace in steps a second. */
export type SummaryRow = {
  steps: number | null;
  last: number | null;
  least: { value: number; step: number } | null;
  pace: number | null;
  seconds: number | null;
};

/**
 * @param length of the step axis, over all runs
 * @param toldPace what a run that goes on says of its pace
 */
export function summaryRow(
  view: RunView,
  loss: RunCurve | null,
  timing: Timing,
  toldPace: number | null,
  smoothing: number,
  length: number,
): SummaryRow {
  const curve = loss === null ? null : placed(loss, "step", timing);
  const values = curve === null ? [] : smoothed(curve.x, curve.last, smoothing, length);
  const steps = view.progress?.event.global_step ?? curve?.steps.at(-1) ?? null;
  const seconds = trainedSeconds(timing.lives);
  const average = steps !== null && seconds !== null && seconds > 0 ? steps / seconds : null;
  let least: SummaryRow["least"] = null;
  for (const [index, value] of values.entries()) {
    if (Number.isFinite(value) && (least === null || value < least.value)) least = { value, step: curve?.steps[index] ?? 0 };
  }
  return { steps, last: values.at(-1) ?? null, least, pace: isOver(view) ? average : (toldPace ?? average), seconds };
}
