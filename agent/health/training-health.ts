import type { AnyEvent } from "../../protocol/index.ts";
import { initialWatch, look, observe, type ProgressWord, type Verdict, type WatchState } from "./progress-watch.ts";

/** How the trainer's process ended. */
export type ProcessEnd = { code: number | null; signal: string | null };

/** All of it is JSON. */
export type HealthState = {
  watch: WatchState;
  pid: number | null;
  end: ProcessEnd | null;
  /** What was told last; null before the first word. */
  told: { progress: ProgressWord; process: "alive" | "exited"; pid: number | null } | null;
};

export const initialHealth = (): HealthState => ({ watch: initialWatch(), pid: null, end: null, told: null });

/** Milliseconds: the wall's for timestamps, a monotonic one for what passes. */
type Now = { wall: number; monotonic: number };

/** HL1: two truths that only the agent sees, the trainer's process and whether the training gets on. Told on change alone. */
export function createTrainingHealth(state: HealthState) {
  let lookedAt: number | null = null;
  return {
    /** The trainer's process runs. */
    started(pid: number): void {
      state.pid = pid;
      state.end = null;
    },
    /** @returns what there is to tell after these events of the trainer; `end` where its process is gone */
    take(events: readonly AnyEvent[], end: ProcessEnd | null, now: Now): AnyEvent[] {
      for (const event of events) observe(state.watch, event, secondsOf(event, now.wall));
      state.end ??= end;
      const passed = lookedAt === null ? null : (now.monotonic - lookedAt) / 1000;
      lookedAt = now.monotonic;
      if (state.pid === null) return [];
      const seen = look(state.watch, passed);
      const verdict: Verdict = state.end ? { ...seen, state: "over", reason: null } : seen;
      const process = state.end ? "exited" : "alive";
      const { told, pid } = state;
      if (told && told.progress === verdict.state && told.process === process && told.pid === pid) return [];
      state.told = { progress: verdict.state, process, pid };
      return [healthEvent(state, verdict, now.wall)];
    },
    state: (): HealthState => structuredClone(state),
  };
}

export type TrainingHealth = ReturnType<typeof createTrainingHealth>;

function healthEvent({ pid, end }: HealthState, verdict: Verdict, wall: number): AnyEvent {
  const { state, phase, quiet_s, usual_s, threshold_s, reason } = verdict;
  // A stall began with the last sign.
  const since = state === "stalled" ? wall - quiet_s * 1000 : wall;
  return {
    type: "training_health",
    timestamp: new Date(wall).toISOString(),
    process: { state: end ? "exited" : "alive", pid, exit_code: end?.code ?? null, signal: end?.signal ?? null },
    progress: { state, since: new Date(since).toISOString(), phase, usual_s: rounded(usual_s), threshold_s: rounded(threshold_s), reason },
  };
}

function rounded(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 1000) / 1000;
}

/** A trainer's clock may say anything: where it says nothing, it happened now. */
function secondsOf({ timestamp }: AnyEvent, wall: number): number {
  const at = Date.parse(timestamp ?? "");
  return (Number.isNaN(at) ? wall : at) / 1000;
}
