import { merge } from "./history.ts";
import type { Block } from "./state.ts";

/** A slope counts in full when it is far larger than its own error; below this many errors not at all. */
const SLOPE_ERRORS = 2.5;
/** A trend is followed for this share of the steps over which it was seen. */
const TREND_AHEAD = 0.8;
/** Fewer steps show no trend. */
const TREND_STEPS_MIN = 40;

/** Blocks with their middles, in steps back from now, as negative numbers. */
type Point = { x: number; block: Block };
type Line = { mean: number; middle: number; slope: number; width: number; rest: number };

/** The mean pace expected over the steps ahead, and how far to believe it (0 to 1). */
export type Trend = { ahead: number; weight: number };

/**
 * A machine that heats up slows down little by little: a line through the past. It counts only where the line is sure, and explains the
 * past better than one sudden change would; and it is followed no more steeply than the newest half of the past goes on with it.
 */
export function trendOf(blocks: readonly Block[], variance: number, left: number): Trend {
  const none = { ahead: 0, weight: 0 };
  const points = placed(blocks);
  const steps = blocks.reduce((sum, block) => sum + block.steps, 0);
  const newer = points.filter(({ x }) => x >= -steps / 2);
  if (newer.length < 4 || steps < TREND_STEPS_MIN) return none;
  const whole = lineThrough(points);
  if (whole.rest >= bestSplit(blocks, whole.mean)) return none;
  const noise = Math.max(variance, whole.rest / (blocks.length - 2));
  const sureness = Math.abs(whole.slope) / Math.sqrt(noise / whole.width);
  const weight = Math.max(0, 1 - (SLOPE_ERRORS / Math.max(sureness, 1e-9)) ** 2);
  const late = lineThrough(newer);
  const slope = late.slope * whole.slope <= 0 ? 0 : Math.sign(late.slope) * Math.min(Math.abs(late.slope), Math.abs(whole.slope));
  const horizon = Math.min(left, steps * TREND_AHEAD);
  return { ahead: late.mean - slope * late.middle + (slope * horizon) / 2, weight };
}

function placed(blocks: readonly Block[]): Point[] {
  let end = 0;
  return blocks.map((block) => {
    end -= block.steps;
    return { x: end + block.steps / 2, block };
  });
}

/** @returns the line of least squares, and the squares that it leaves */
function lineThrough(points: readonly Point[]): Line {
  const all = points.map(({ block }) => block).reduce((sum, block) => merge(sum, block));
  const middle = points.reduce((sum, { x, block }) => sum + x * block.steps, 0) / all.steps;
  const width = points.reduce((sum, { x, block }) => sum + block.steps * (x - middle) ** 2, 0);
  const slope = points.reduce((sum, { x, block }) => sum + block.steps * (x - middle) * (block.mean - all.mean), 0) / width;
  const rest = points.reduce((sum, { x, block }) => sum + block.steps * (block.mean - all.mean - slope * (x - middle)) ** 2, 0);
  return { mean: all.mean, middle, slope, width, rest };
}

/** @returns the squared deviations that remain where the past is two paces with a sudden change between them */
function bestSplit(blocks: readonly Block[], mean: number): number {
  const whole = blocks.reduce((sums, block) => add(sums, block, mean), NOTHING);
  let newer = NOTHING;
  let best = Number.POSITIVE_INFINITY;
  for (const block of blocks.slice(0, -1)) {
    newer = add(newer, block, mean);
    const older = { steps: whole.steps - newer.steps, sum: whole.sum - newer.sum, squares: whole.squares - newer.squares };
    best = Math.min(best, around(newer) + around(older));
  }
  return best;
}

/** Sums over blocks of their distances from one mean. */
type Sums = { steps: number; sum: number; squares: number };
const NOTHING: Sums = { steps: 0, sum: 0, squares: 0 };

function add({ steps, sum, squares }: Sums, block: Block, mean: number): Sums {
  const apart = block.mean - mean;
  return { steps: steps + block.steps, sum: sum + block.steps * apart, squares: squares + block.steps * apart * apart };
}

/** @returns the squared deviations from their own mean */
const around = ({ steps, sum, squares }: Sums): number => squares - (sum * sum) / steps;
