import { paceOf } from "./pace.ts";
import { overheadsAhead } from "./recurrence.ts";
import type { EtaState } from "./state.ts";

/** In seconds; null while it means nothing yet, or where the training has no known end. */
export type Forecast = {
  eta_seconds: number | null;
  /** Four times of five the end lies between these two. */
  eta_low_seconds: number | null;
  eta_high_seconds: number | null;
  /** The present pace of training steps, overheads and pauses left out. */
  steps_per_second: number | null;
};

/** Standard errors on either side that hold four of five. */
const RANGE_ERRORS = 1.5;

/** A step that takes less than the clocks can tell has no pace. */
const SECONDS_MIN = 1e-9;

/** EV3: how long the training will still take from its newest step on. */
export function forecast(eta: EtaState): Forecast {
  const { place } = eta;
  const total = place?.total ?? null;
  const left = place === null || total === null ? null : Math.max(0, total - place.done);
  const pace = paceOf(eta, left ?? 0);
  const steps_per_second = pace && pace.now >= SECONDS_MIN ? round(1 / pace.now) : null;
  if (left === 0) return { eta_seconds: 0, eta_low_seconds: 0, eta_high_seconds: 0, steps_per_second };
  if (place === null || total === null || left === null || pace === null) {
    return { eta_seconds: null, eta_low_seconds: null, eta_high_seconds: null, steps_per_second };
  }
  const steps = left * pace.ahead;
  const spread = RANGE_ERRORS * Math.sqrt((left * pace.error) ** 2 + left * pace.spread ** 2);
  const overheads = overheadsAhead(eta, place, total);
  return {
    eta_seconds: round(steps + overheads.seconds),
    eta_low_seconds: round(Math.max(0, steps - spread) + overheads.low),
    eta_high_seconds: round(steps + spread + overheads.high),
    steps_per_second,
  };
}

/** Milliseconds are more than anybody reads. */
const round = (value: number): number => Math.round(value * 1000) / 1000;
