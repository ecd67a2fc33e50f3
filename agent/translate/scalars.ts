import type { HookMessageOf } from "../../protocol/hook-messages.ts";
import { SERIES_PER_RUN } from "../../protocol/limits.ts";
import type { Point } from "./columns.ts";
import { addScalar } from "./scalar-join.ts";
import { validationLabel } from "./scalar-names.ts";
import { isOver } from "./state.ts";
import { reportStep, startRunning, tellProgress } from "./steps.ts";
import { iso, type Turn } from "./turn.ts";

/**
 * Takes in the scalars of one message: validation results, the figures that progress events carry, and, for a trainer that says nothing
 * else, the progress itself.
 *
 * @returns the points for the `metrics` event
 */
export function takeScalars(turn: Turn, message: HookMessageOf<"scalars">): Point[] {
  const { run } = turn;
  const drives = !run.training.callbacks && !isOver(run.status);
  const points: Point[] = [];
  // A step's progress is told once all of its scalars in this message are in.
  let untold: number | null = null;
  for (const [t, tag, value, logged] of message.rows) {
    if (!isKnownSeries(turn, tag, t)) continue;
    const step = stepOf(turn, tag, logged);
    const point: Point = { t, tag, value, step };
    points.push(point);
    const here = run.training.progress?.global_step ?? null;
    // Some trainers log what was before the first step at -1: a point of the curve, and no progress.
    const advances = drives && step >= 0 && (here === null || step > here);
    if (advances && untold !== null) tellProgress(turn, untold);
    if (advances) {
      startRunning(turn, t);
      reportStep(turn, { epoch: null, epoch_step: null, global_step: step, max_step: null, max_epoch: null }, t);
    }
    const joined = addScalar(run.training.join, point);
    if (advances || (drives && joined && step === here)) untold = t;
    const label = validationLabel(tag);
    if (label !== null) turn.events.push(validationResult(turn, point, label));
  }
  if (untold !== null) tellProgress(turn, untold);
  return points;
}

/** A scalar that was logged without a step belongs to the newest step known, or else is counted. */
function stepOf({ run }: Turn, tag: string, logged: number | null): number {
  if (logged !== null) {
    run.last_step = logged;
    return logged;
  }
  if (run.last_step !== null) return run.last_step;
  const count = Object.hasOwn(run.counts, tag) ? (run.counts[tag] ?? 0) : 0;
  Object.defineProperty(run.counts, tag, { value: count + 1, enumerable: true, configurable: true, writable: true });
  return count;
}

/** A run has a bounded number of series; what lies past it is left out, and said. */
function isKnownSeries(turn: Turn, tag: string, t: number): boolean {
  const { run } = turn;
  if (run.series.includes(tag)) return true;
  if (run.series.length < SERIES_PER_RUN) {
    run.series.push(tag);
    return true;
  }
  if (!run.series_full) {
    run.series_full = true;
    const message = `more than ${SERIES_PER_RUN} series: "${tag}" and every further one is left out`;
    turn.events.push({ type: "log", timestamp: iso(t), level: "warning", message, source: "agent" });
  }
  return false;
}

function validationResult({ run }: Turn, { t, step, value }: Point, label: string) {
  const epoch = run.training.progress?.epoch ?? null;
  return { type: "validation_result", timestamp: iso(t), step: step < 0 ? null : step, epoch, validation_loss: value, label };
}
