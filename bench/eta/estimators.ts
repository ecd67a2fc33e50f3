import { forecast } from "../../agent/eta/forecast.ts";
import { etaPhase, etaStep } from "../../agent/eta/learn.ts";
import { initialEta } from "../../agent/eta/state.ts";
import type { Run, Signal } from "./shapes.ts";

export type Estimate = { seconds: number; low: number | null; high: number | null };
/** Sees the signals one by one; says after each step how long the run will still take, or null for not yet. */
export type Estimator = (signal: Signal) => Estimate | null;

const bare = (seconds: number): Estimate => ({ seconds, low: null, high: null });

/** Ours (EV3). */
export function runcast(): Estimator {
  const eta = initialEta();
  return (signal) => {
    if (signal.kind === "phase") {
      etaPhase(eta, signal.phase, signal.at);
      return null;
    }
    etaStep(eta, signal, signal.at);
    const { eta_seconds, eta_low_seconds, eta_high_seconds } = forecast(eta);
    return eta_seconds === null ? null : { seconds: eta_seconds, low: eta_low_seconds, high: eta_high_seconds };
  };
}

/** `elapsed / done × remaining`, in its better form: a resumed run counts the steps of this process only. */
export function naive(run: Run): Estimator {
  return (signal) => (signal.kind === "step" ? bare((signal.at / (signal.done - run.began)) * (signal.total - signal.done)) : null);
}

/** tqdm's: an exponential average of the time between updates, smoothing 0.3, freed from its bias towards zero as tqdm does. */
export function tqdm(): Estimator {
  const smoothing = 0.3;
  let average = 0;
  let updates = 0;
  let last = 0;
  let done = -1;
  return (signal) => {
    if (signal.kind === "phase" || signal.done === done) return null;
    done = signal.done;
    average = smoothing * (signal.at - last) + (1 - smoothing) * average;
    last = signal.at;
    updates++;
    return bare((average / (1 - (1 - smoothing) ** updates)) * (signal.total - signal.done));
  };
}
