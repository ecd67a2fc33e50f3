import { progressEvent, stepsLeft } from "./progress.ts";
import { scalarsAt } from "./scalar-join.ts";
import { isOver } from "./state.ts";
import { iso, say, type Turn } from "./turn.ts";

/** How the trainer's process ended. `passedOn`: the signal that `runcast run` was sent and passed on to it. */
export type ProcessExit = { code: number | null; signal: string | null; passedOn: string | null };

/** The training returned, or its process ended with 0. */
export function finishTraining(turn: Turn, t: number, message: string | null = null): void {
  const { training } = turn.run;
  const status = training.stop_requested && stepsLeft(training.progress) ? "stopped" : "completed";
  say(turn, { status, phase: null, message, error: null }, t);
  lastProgress(turn, t, status === "completed" ? "completed" : "cut short");
}

function stopTraining(turn: Turn, t: number, message: string): void {
  say(turn, { status: "stopped", phase: null, message, error: null }, t);
  lastProgress(turn, t, "cut short");
}

export function failTraining(turn: Turn, t: number, error: string, message: string | null = null): void {
  say(turn, { status: "error", phase: null, message, error }, t);
  lastProgress(turn, t, "cut short");
}

/**
 * An exception left the training. A KeyboardInterrupt is somebody's Ctrl-C: whether the run was stopped by it is known when the process
 * ends, with the signal that was passed on.
 */
export function trainingRaised(turn: Turn, t: number, error: string): void {
  if (!/^KeyboardInterrupt\b/.test(error)) {
    failTraining(turn, t, error);
    return;
  }
  turn.run.training.interrupted = error;
  say(turn, { status: "stopping", phase: null, message: error, error: null }, t);
}

/** What was said of the training's end stays said, except that a process which then fails did not complete. */
export function processEnded(turn: Turn, t: number, exit: ProcessExit): void {
  const { run } = turn;
  const asked = exit.passedOn === "SIGINT" || exit.passedOn === "SIGTERM";
  const unknown = exit.code === null && exit.signal === null;
  if (isOver(run.status) && (run.status?.status === "error" || exit.code === 0 || asked || unknown)) return;
  if (asked) run.training.stop_requested = true;
  if (exit.code === 0) finishTraining(turn, t);
  else if (asked) stopTraining(turn, t, `stopped by ${exit.passedOn}`);
  else failTraining(turn, t, run.training.interrupted ?? reasonOf(exit));
}

function reasonOf({ code, signal }: ProcessExit): string {
  if (signal !== null) return `killed by ${signal}`;
  return code === null ? "the process is gone; how it ended is not known" : `exited with code ${code}`;
}

/** A newcomer sees the newest progress: its ETA must not promise time to a training that has ended. */
export function lastProgress(turn: Turn, t: number, over: "completed" | "cut short"): void {
  const { training } = turn.run;
  if (!training.progress) return;
  turn.events.push(progressEvent(training, training.progress, scalarsAt(training.join, t), { timestamp: iso(t), phase: null, over }));
}
