import { fromWire } from "../../protocol/index.ts";
import { smoothed } from "../chart/smoothing.ts";
import type { Trace } from "../curves/trace.ts";
import { isOver } from "../model/progress.ts";
import type { RunView } from "../model/run-view.ts";
import { type Timing, tracesOn, trainedSeconds } from "./align.ts";

/** A run in figures; null: not known. Loss is smoothed, as in its chart. `least`: where it was lowest. Time in seconds, pace in steps a second. */
export type SummaryRow = {
  steps: number | null;
  last: number | null;
  least: { value: number; step: number } | null;
  pace: number | null;
  seconds: number | null;
};

/** @param span of the step axis, over all runs */
export function summaryRow(view: RunView, loss: readonly Trace[], timing: Timing, smoothing: number, span: number): SummaryRow {
  const [curve] = tracesOn(loss, "step", timing);
  const values = curve === undefined ? [] : smoothed(curve.steps, curve.last, smoothing, span);
  const steps = view.progress?.event.global_step ?? curve?.steps.at(-1) ?? null;
  const seconds = trainedSeconds(timing.lives);
  const average = steps !== null && seconds !== null && seconds > 0 ? steps / seconds : null;
  const told = fromWire(view.progress?.event.steps_per_second);
  let least: SummaryRow["least"] = null;
  for (const [index, value] of values.entries()) {
    if (Number.isFinite(value) && (least === null || value < least.value)) least = { value, step: curve?.steps[index] ?? 0 };
  }
  return { steps, last: values.at(-1) ?? null, least, pace: isOver(view) ? average : (told ?? average), seconds };
}
