import type { AnyEvent } from "../../protocol/index.ts";
import { initialPace, learnStep, learnStretch, limitsOf, type PaceState } from "./pace.ts";

/** Whether a training gets on. `waiting`: there is nothing to judge by, before the first step or in a phase that may take any time. */
export type ProgressWord = "waiting" | "advancing" | "stalled" | "paused" | "over";

/** What is remembered of the present, as JSON, so that the next agent goes on. Times `…_t` are those of events, in seconds since 1970. */
export type WatchState = {
  pace: PaceState;
  status: string | null;
  phase: string | null;
  /** Its beginning; null where how long it takes says nothing. */
  phase_t: number | null;
  /** Newest step, and the moment from which on the next one is measured; null where that is not known. */
  global_step: number | null;
  from_t: number | null;
  /** A step of this training was seen. */
  stepped: boolean;
  /** Seconds without a sign, as far as somebody was awake to count them. */
  quiet_s: number;
};

export const initialWatch = (): WatchState => ({
  pace: initialPace(),
  status: null,
  phase: null,
  phase_t: null,
  global_step: null,
  from_t: null,
  stepped: false,
  quiet_s: 0,
});

/** Looks come every two seconds: where one comes so late, by either clock, this machine slept or was stopped, and the trainer with it. */
const ASLEEP_S = 20;
const OVER: ReadonlySet<unknown> = new Set(["completed", "stopped", "error"]);
/** The trainer whose status line tells of all that it does between steps, before it first does it. */
const TELLS_ALL = "onetrainer";
/** What is judged in the place of steps once a training was asked to stop: saving may follow without a word. */
const STOPPING = "stopping";

/** Seconds between two moments by two clocks. A suspended machine's monotonic clock stands still on Linux and goes on elsewhere. */
export type Passed = { monotonic_s: number; wall_s: number };

/** Time went by, before any event of it is observed. */
export function pass(watch: WatchState, { monotonic_s, wall_s }: Passed): void {
  if (monotonic_s < ASLEEP_S && Math.abs(wall_s - monotonic_s) < ASLEEP_S) {
    watch.quiet_s += monotonic_s;
    return;
  }
  // What a sleep, or a clock that was set, lies in teaches no pace.
  Object.assign(watch, { quiet_s: 0, from_t: null, phase_t: null });
}

/** One event of the trainer, before it is thinned. @param t seconds since 1970 */
export function observe(watch: WatchState, event: AnyEvent, t: number): void {
  switch (event.type) {
    case "training_status":
      enter(watch, textOf(event.status), textOf(event.phase), t);
      return;
    case "training_progress":
      step(watch, typeof event.global_step === "number" ? event.global_step : null, t);
      return;
    case "run_info":
      if (event.trainer === TELLS_ALL) watch.pace.tells_phases = true;
      return;
    case "sample_progress":
      watch.quiet_s = 0;
      return;
  }
}

function enter(watch: WatchState, status: string | null, phase: string | null, t: number): void {
  const changed = status !== watch.status || phase !== watch.phase;
  if (!changed) return;
  if (!OVER.has(status) && (OVER.has(watch.status) || (status === "starting" && watch.stepped))) beginAnew(watch);
  if (watch.stepped && !isStepping(phase) && !OVER.has(status)) watch.pace.tells_phases = true;
  // What was broken off, by a pause or by the end, took as long as somebody wanted.
  if (watch.phase !== null && watch.phase_t !== null && !isStepping(watch.phase) && status === "running" && watch.status !== "paused") {
    learnStretch(watch.pace, watch.phase, Math.max(0, t - watch.phase_t));
  }
  Object.assign(watch, { status, phase, phase_t: t, quiet_s: 0 });
  // The step after something else is measured from the end of that.
  watch.from_t = status === "running" && isStepping(phase) ? t : null;
}

/** The next training of the same process: another model, perhaps, at another pace. */
function beginAnew(watch: WatchState): void {
  const { tells_phases } = watch.pace;
  Object.assign(watch, { pace: { ...initialPace(), tells_phases }, stepped: false, global_step: null, from_t: null, phase: null });
}

const isStepping = (phase: string | null): boolean => phase === null || phase === "training";

function step(watch: WatchState, global_step: number | null, t: number): void {
  watch.quiet_s = 0;
  // The end of an epoch is told a second time.
  if (watch.stepped && global_step !== null && global_step === watch.global_step) return;
  if (watch.from_t !== null && watch.stepped && t > watch.from_t) learnStep(watch.pace, t - watch.from_t);
  Object.assign(watch, { stepped: true, global_step, from_t: t });
}

export type Verdict = {
  state: ProgressWord;
  phase: string | null;
  quiet_s: number;
  usual_s: number | null;
  threshold_s: number | null;
  reason: string | null;
};

/** How it stands with the training, after {@link pass} and {@link observe}. */
export function judge(watch: WatchState): Verdict {
  const { status, phase, stepped, quiet_s } = watch;
  const none = { phase, quiet_s, usual_s: null, threshold_s: null, reason: null };
  if (OVER.has(status)) return { ...none, state: "over" };
  if (status === "paused") return { ...none, state: "paused" };
  if (status !== "running" && status !== "stopping") return { ...none, state: "waiting" };
  const awaited = status === "stopping" && isStepping(phase) ? STOPPING : phase;
  const { usual_s, threshold_s } = limitsOf(watch.pace, awaited);
  if (threshold_s !== null && quiet_s > threshold_s) {
    return { phase, quiet_s, usual_s, threshold_s, state: "stalled", reason: reasonOf(awaited, quiet_s, usual_s, threshold_s) };
  }
  return { ...none, usual_s, threshold_s, state: stepped ? "advancing" : "waiting" };
}

function reasonOf(phase: string | null, quiet_s: number, usual_s: number | null, threshold_s: number): string {
  const what = isStepping(phase) ? "no step" : `no sign of ${phase}`;
  const usual = usual_s === null ? "" : `usual ${spoken(usual_s)}, `;
  return `${what} for ${spoken(quiet_s)}; ${usual}threshold ${spoken(threshold_s)}`;
}

function spoken(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
