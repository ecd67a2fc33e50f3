import { merge } from "./history.ts";
import { judge } from "./outliers.ts";
import type { Block, EtaState } from "./state.ts";
import { trendOf } from "./trend.ts";

/** Seconds of one step: now, as expected over the steps that are left, and the standard error of that. `spread`: of one step. */
export type Pace = { now: number; ahead: number; error: number; spread: number };

/** Fewer timings mean nothing: the first ones warm up. */
export const TIMINGS_MIN = 3;
/** Two means of one pace differ by at most so many standard errors of the shorter one, and a share that does not matter. */
const CONSISTENT_ERRORS = 3;
const CONSISTENT_SHARE = 0.005;
/** What a pace may yet do that the past did not show. */
const UNKNOWN_SHARE = 0.012;
/** How much of the way from the newest pace to the expected one is a guess. */
const DRIFT_UNSURE = 0.6;

/**
 * @param left steps that are left
 * @returns the pace, or null before there are enough timings
 */
export function paceOf(eta: EtaState, left: number): Pace | null {
  if (eta.recent.length < TIMINGS_MIN) return null;
  const newest = judge(eta)
    .steps.map((timing): Block => ({ steps: 1, mean: timing.seconds, deviation: 0 }))
    .reduce((sum, one) => merge(sum, one));
  const blocks: [Block, ...Block[]] = [newest, ...eta.history.toReversed()];
  const variance = pooledVariance(blocks);
  const window = presentPace(blocks, variance);
  const trend = trendOf(blocks, variance, left);
  const level = window.mean * (1 - trend.weight) + trend.ahead * trend.weight;
  const ahead = Math.min(Math.max(level, newest.mean / 2), newest.mean * 2);
  const drift = Math.abs(ahead - newest.mean) * DRIFT_UNSURE;
  const error = Math.sqrt(variance / window.steps + (UNKNOWN_SHARE * ahead) ** 2 + drift ** 2);
  return { now: newest.mean, ahead, error, spread: Math.sqrt(variance) };
}

function pooledVariance(blocks: readonly Block[]): number {
  let deviation = 0;
  let freedom = 0;
  for (const block of blocks) {
    deviation += block.deviation;
    freedom += block.steps - 1;
  }
  return freedom > 0 ? deviation / freedom : 0;
}

/**
 * The longest stretch up to now that agrees with every shorter one: few timings after a change, very many of a steady run (Lepski's
 * choice of a window).
 */
function presentPace([newest, ...older]: readonly [Block, ...Block[]], variance: number): Block {
  let window = newest;
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  for (const block of older) {
    const allowed = CONSISTENT_ERRORS * Math.sqrt(variance / window.steps) + CONSISTENT_SHARE * window.mean;
    low = Math.max(low, window.mean - allowed);
    high = Math.min(high, window.mean + allowed);
    const longer = merge(window, block);
    if (longer.mean < low || longer.mean > high) break;
    window = longer;
  }
  return window;
}
