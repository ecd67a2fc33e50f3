import { merge } from "./history.ts";
import { OUTLIER } from "./learn.ts";
import { median } from "./median.ts";
import type { Block, EtaState } from "./state.ts";

/** Seconds of one step: now, as expected over the steps that are left, and the standard error of that. `spread`: of one step. */
export type Pace = { now: number; ahead: number; error: number; spread: number };

/** Fewer timings mean nothing: the first ones warm up. */
export const TIMINGS_MIN = 3;
/** A block belongs to the present pace while it differs by less than so many standard errors, or so little that it does not matter. */
const CONSISTENT_ERRORS = 3;
const CONSISTENT_SHARE = 0.015;
/** A slope counts in full when it is far larger than its own error; below this many errors not at all. */
const SLOPE_ERRORS = 2.5;
/** A trend is followed for this share of the time for which it was seen. */
const TREND_AHEAD = 0.7;
/** What a pace may yet do that the past did not show. */
const UNKNOWN_SHARE = 0.012;

/**
 * @param left steps that are left
 * @returns the pace, or null before there are enough timings
 */
export function paceOf(eta: EtaState, left: number): Pace | null {
  if (eta.recent.length < TIMINGS_MIN) return null;
  const newest = blockOf(eta.recent.map((timing) => timing.seconds));
  const blocks = [newest, ...eta.history.toReversed()];
  const variance = pooledVariance(blocks);
  const window = presentPace(blocks, variance);
  const trend = trendOf(blocks, variance, left);
  const level = window.mean + (trend.ahead - window.mean) * trend.weight;
  const ahead = Math.min(Math.max(level, newest.mean / 2), newest.mean * 2);
  const drift = Math.abs(ahead - newest.mean) * 0.3;
  const error = Math.sqrt(variance / window.steps + (UNKNOWN_SHARE * ahead) ** 2 + drift ** 2);
  return { now: newest.mean, ahead, error, spread: Math.sqrt(variance) };
}

/** The newest timings as a block, a step that was no step alone counted as a usual one. */
function blockOf(seconds: number[]): Block {
  const usual = median(seconds);
  return seconds
    .map((one) => ({ steps: 1, mean: one > OUTLIER * usual ? usual : one, deviation: 0 }))
    .reduce((sum, one) => merge(sum, one));
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

/** Goes back from the newest block as long as nothing changed: few timings after a change, very many of a steady run. */
function presentPace(blocks: readonly Block[], variance: number): Block {
  return suffix(blocks, (window, block) => {
    const allowed = CONSISTENT_ERRORS * Math.sqrt(variance / block.steps + variance / window.steps);
    return Math.abs(block.mean - window.mean) <= Math.max(allowed, CONSISTENT_SHARE * window.mean);
  });
}

function suffix(blocks: readonly Block[], fits: (window: Block, block: Block) => boolean): Block {
  let [window, ...older] = blocks as readonly [Block, ...Block[]];
  for (const block of older) {
    if (!fits(window, block)) break;
    window = merge(window, block);
  }
  return window;
}

type Trend = { ahead: number; weight: number };

/**
 * A machine that heats up slows down little by little: a line through the whole past. It counts only where the line is sure, and explains
 * the past better than one sudden change would.
 *
 * @returns the mean pace expected over the steps ahead, and how far to believe it (0 to 1)
 */
function trendOf(blocks: readonly Block[], variance: number, left: number): Trend {
  const all = blocks.reduce((sum, block) => merge(sum, block));
  const none = { ahead: all.mean, weight: 0 };
  if (blocks.length < 6 || all.steps < 40) return none;
  let at = 0;
  const points = blocks.map((block) => {
    // Steps back from now to the block's middle, as a negative number.
    at -= block.steps;
    return { x: at + block.steps / 2, block };
  });
  const middle = points.reduce((sum, { x, block }) => sum + x * block.steps, 0) / all.steps;
  const width = points.reduce((sum, { x, block }) => sum + block.steps * (x - middle) ** 2, 0);
  const slope = points.reduce((sum, { x, block }) => sum + block.steps * (x - middle) * (block.mean - all.mean), 0) / width;
  const rest = points.reduce((sum, { x, block }) => sum + block.steps * (block.mean - all.mean - slope * (x - middle)) ** 2, 0);
  if (rest >= bestSplit(blocks)) return none;
  const noise = Math.max(variance, rest / Math.max(1, blocks.length - 2));
  const sureness = Math.abs(slope) / Math.sqrt(noise / width);
  const weight = Math.max(0, 1 - (SLOPE_ERRORS / Math.max(sureness, 1e-9)) ** 2);
  const horizon = Math.min(left, all.steps * TREND_AHEAD);
  return { ahead: all.mean + slope * (horizon / 2 - middle), weight };
}

/** @returns the squared deviations that remain where the past is two paces with a sudden change between them */
function bestSplit(blocks: readonly Block[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let cut = 1; cut < blocks.length; cut++) best = Math.min(best, between(blocks.slice(0, cut)) + between(blocks.slice(cut)));
  return best;
}

function between(blocks: readonly Block[]): number {
  const all = blocks.reduce((sum, block) => merge(sum, block));
  return blocks.reduce((sum, block) => sum + block.steps * (block.mean - all.mean) ** 2, 0);
}
