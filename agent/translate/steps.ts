import { etaStep } from "../eta/learn.ts";
import { placeOf, progressEvent } from "./progress.ts";
import { scalarsAt } from "./scalar-join.ts";
import type { Progress } from "./state.ts";
import { iso, say, type Turn } from "./turn.ts";

/** The first step, or the first scalar, shows that a training runs, whatever it said before. */
export function startRunning(turn: Turn, t: number): void {
  const status = turn.run.status?.status;
  if (status === undefined || status === "idle" || status === "starting") {
    say(turn, { status: "running", phase: "training", message: null, error: null }, t);
  }
}

/** A step was counted: remembers where the training is and lets the ETA learn from it. */
export function reportStep(turn: Turn, progress: Progress, t: number): void {
  const { run } = turn;
  const first = run.training.progress === null;
  run.training.progress = progress;
  const place = placeOf(progress);
  if (place) etaStep(run.training.eta, place, t);
  if (first) tellResumed(turn, progress, t);
}

/** @param t time of the step, in seconds: the scalars logged by then belong to it */
export function tellProgress(turn: Turn, t: number): void {
  const { training, status } = turn.run;
  if (!training.progress) return;
  const about = { timestamp: iso(t), phase: status?.phase ?? null };
  turn.events.push(progressEvent(training, training.progress, scalarsAt(training.join, t), about));
}

/** That a run goes on from a backup shows at its first step. */
function tellResumed(turn: Turn, { global_step, epoch }: Progress, t: number): void {
  const { training } = turn.run;
  const info = training.run_info;
  training.run_info = null;
  if (!info || !training.callbacks || global_step === null || global_step <= 1) return;
  turn.events.push({ type: "run_info", ...info, timestamp: iso(t), resumed_from: { global_step: global_step - 1, epoch } });
}
