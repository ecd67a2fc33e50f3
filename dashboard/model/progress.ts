import { fromWire } from "../../protocol/index.ts";
import { isMoment } from "../time/format.ts";
import type { RunView, Told } from "./run-view.ts";

/** How far a run is: fractions from 0 to 1, null where the trainer told no maximum. */
export type Advance = {
  total: number | null;
  epoch: number | null;
  step: number | null;
  steps: number | null;
  epochNumber: number | null;
  epochs: number | null;
  epochStep: number | null;
  epochSteps: number | null;
};

/** Epochs are counted from 0 by the trainer and from 1 by people; the last callback of an epoch already names the next one. */
export function advanceOf(told: Told<"training_progress"> | null): Advance {
  const { global_step, step, epoch, max_step, max_epoch } = told?.event ?? {};
  const epochFraction = fraction(step, max_step);
  const perRun = max_step && max_epoch ? max_step * max_epoch : null;
  const done = typeof epoch === "number" && max_epoch ? (epoch + (epochFraction ?? 0)) / max_epoch : null;
  return {
    total: done === null ? null : Math.min(1, done),
    epoch: done !== null && done >= 1 ? 1 : epochFraction,
    step: global_step ?? null,
    steps: perRun,
    epochNumber: typeof epoch === "number" ? Math.min(epoch + 1, max_epoch ?? Number.POSITIVE_INFINITY) : null,
    epochs: max_epoch ?? null,
    epochStep: done !== null && done >= 1 ? (max_step ?? null) : (step ?? null),
    epochSteps: max_step ?? null,
  };
}

function fraction(part: number | null | undefined, whole: number | null | undefined): number | null {
  return typeof part === "number" && typeof whole === "number" && whole > 0 ? Math.min(1, part / whole) : null;
}

/** What is left, in seconds, as a range; `end` in milliseconds since 1970. Null where it means nothing (yet, or any more). */
export type Eta = { low: number; high: number; likely: number; endLow: number; endHigh: number };

/** EV3: the estimate is of the moment in which it was told, and counts down from there. */
export function etaOf(view: RunView, now: number): Eta | null {
  const { progress } = view;
  if (progress === null || isOver(view) || view.status?.event.status === "paused") return null;
  const likely = fromWire(progress.event.eta_seconds);
  if (likely === null || !Number.isFinite(likely)) return null;
  const low = fromWire(progress.event.eta_low_seconds) ?? likely;
  const high = fromWire(progress.event.eta_high_seconds) ?? likely;
  const end = (seconds: number) => progress.at + seconds * 1000;
  if (![low, high, likely].every((seconds) => isMoment(end(seconds)))) return null;
  const left = (seconds: number) => Math.max(0, (end(seconds) - now) / 1000);
  return { low: left(low), high: left(high), likely: left(likely), endLow: end(low), endHigh: end(high) };
}

/** @returns whether the run has ended, well or not */
export function isOver(view: RunView): boolean {
  const status = view.status?.event.status;
  return status === "completed" || status === "stopped" || status === "error";
}
