import type { AnyEvent } from "../../protocol/index.ts";
import { initialPace, learnStep, learnStretch, limitsOf, type PaceState } from "./pace.ts";

/** Whether a training gets on. `waiting`: there is nothing to judge by, before the first step or in a phase that may take any time. */
export type ProgressWord = "waiting" | "advancing" | "stalled" | "paused" | "over";

/** What is remembered of the present, as JSON, so that the next agent goes on. Times `…_t` are those of events, in seconds since 1970. */
export type WatchState = {
  pace: PaceState;
  status: string | null;
  phase: string | null;
  phase_t: number;
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
  phase_t: 0,
  global_step: null,
  from_t: null,
  stepped: false,
  quiet_s: 0,
});

/** Looks come every two seconds: where one comes so late, this machine slept or was stopped, and the trainer with it. */
const ASLEEP_S = 20;
const OVER: ReadonlySet<unknown> = new Set(["completed", "stopped", "error"]);

/** One event of the trainer, before it is thinned. @param t seconds since 1970 */
export function observe(watch: WatchState, event: AnyEvent, t: number): void {
  switch (event.type) {
    case "training_status":
      enter(watch, textOf(event.status), textOf(event.phase), t);
      return;
    case "training_progress":
      step(watch, typeof event.global_step === "number" ? event.global_step : null, t);
      return;
    case "sample_progress":
      watch.quiet_s = 0;
      return;
  }
}

function enter(watch: WatchState, status: string | null, phase: string | null, t: number): void {
  const begins = OVER.has(watch.status) && !OVER.has(status);
  if (begins) Object.assign(watch, { stepped: false, global_step: null, from_t: null });
  const changed = status !== watch.status || phase !== watch.phase;
  if (!changed) return;
  if (phase !== null && phase !== "training" && !OVER.has(status)) watch.pace.tells_phases = true;
  // What was broken off, by a pause or by the end, took as long as somebody wanted.
  if (watch.phase !== null && watch.phase !== "training" && status === "running" && watch.status !== "paused") {
    learnStretch(watch.pace, watch.phase, Math.max(0, t - watch.phase_t));
  }
  Object.assign(watch, { status, phase, phase_t: t, quiet_s: 0 });
  // The step after something else is measured from the end of that.
  watch.from_t = status === "running" && (phase === null || phase === "training") ? t : null;
}

function step(watch: WatchState, global_step: number | null, t: number): void {
  watch.quiet_s = 0;
  // The end of an epoch is told a second time.
  if (watch.stepped && global_step !== null && global_step === watch.global_step) return;
  const before = watch.global_step;
  const steps = before !== null && global_step !== null ? Math.max(1, global_step - before) : 1;
  if (watch.from_t !== null && watch.stepped && t > watch.from_t) learnStep(watch.pace, (t - watch.from_t) / steps);
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

/**
 * A look at the training. To be called every few seconds.
 * @param passed_s seconds since the last look, of a clock that nobody sets; null for the first look of this process
 */
export function look(watch: WatchState, passed_s: number | null): Verdict {
  if (passed_s !== null && passed_s >= ASLEEP_S) watch.quiet_s = 0;
  else watch.quiet_s += passed_s ?? 0;
  const { status, phase, stepped, quiet_s } = watch;
  const none = { phase, quiet_s, usual_s: null, threshold_s: null, reason: null };
  if (OVER.has(status)) return { ...none, state: "over" };
  if (status === "paused") return { ...none, state: "paused" };
  if (status !== "running" && status !== "stopping") return { ...none, state: "waiting" };
  const { usual_s, threshold_s } = limitsOf(watch.pace, phase);
  if (threshold_s !== null && quiet_s > threshold_s) {
    return { phase, quiet_s, usual_s, threshold_s, state: "stalled", reason: reasonOf(phase, quiet_s, usual_s, threshold_s) };
  }
  return { ...none, usual_s, threshold_s, state: stepped ? "advancing" : "waiting" };
}

function reasonOf(phase: string | null, quiet_s: number, usual_s: number | null, threshold_s: number): string {
  const what = phase === null || phase === "training" ? "no step" : `no sign of ${phase}`;
  const usual = usual_s === null ? "" : `usual ${spoken(usual_s)}, `;
  return `${what} for ${spoken(quiet_s)}; ${usual}threshold ${spoken(threshold_s)}`;
}

function spoken(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
