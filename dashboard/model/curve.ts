/** Points of one series, by step. Two plain columns: a chart draws thousands of them at each frame. */
export type Curve = { steps: number[]; values: number[] };

/** Past this, the older half is thinned: more points than pixels on any screen. */
export const CURVE_POINTS_MAX = 8192;

export function emptyCurve(): Curve {
  return { steps: [], values: [] };
}

/** Adds a point that is newer than all before it. A run that went back to an earlier step overwrites what it had there. */
export function addPoint(curve: Curve, step: number, value: number): void {
  const last = curve.steps.at(-1);
  if (last === undefined || step > last) {
    curve.steps.push(step);
    curve.values.push(value);
    if (curve.steps.length > CURVE_POINTS_MAX) thin(curve);
    return;
  }
  const index = firstAtLeast(curve.steps, step);
  const known = curve.steps[index] === step;
  curve.steps.splice(index, known ? 1 : 0, step);
  curve.values.splice(index, known ? 1 : 0, value);
}

/** Adds points that are older than all that the curve holds: where both have a step, the curve's own stays. @param older by rising step */
export function mergeOlder(curve: Curve, older: Curve): void {
  const steps: number[] = [];
  const values: number[] = [];
  let mine = 0;
  const takeMine = () => {
    steps.push(curve.steps[mine] ?? 0);
    values.push(curve.values[mine] ?? 0);
    mine += 1;
  };
  for (const [index, step] of older.steps.entries()) {
    while (mine < curve.steps.length && (curve.steps[mine] ?? 0) < step) takeMine();
    if (curve.steps[mine] === step) continue;
    steps.push(step);
    values.push(older.values[index] ?? 0);
  }
  while (mine < curve.steps.length) takeMine();
  curve.steps = steps;
  curve.values = values;
  while (curve.steps.length > CURVE_POINTS_MAX) thin(curve);
}

/** Of every four points in the older half the lowest and the highest stay, and one that is no number. */
function thin(curve: Curve): void {
  const half = Math.floor(curve.steps.length / 8) * 4;
  const kept: number[] = [];
  for (let start = 0; start < half; start += 4) kept.push(...extremes(curve.values, start));
  for (let index = half; index < curve.steps.length; index += 1) kept.push(index);
  curve.steps = kept.map((index) => curve.steps[index] ?? 0);
  curve.values = kept.map((index) => curve.values[index] ?? 0);
}

/** @returns the lowest, the highest and the first that is no number, of the four from `start`: at most three indexes, rising */
function extremes(values: readonly number[], start: number): number[] {
  let low: number | null = null;
  let high: number | null = null;
  let odd: number | null = null;
  for (let index = start; index < start + 4; index += 1) {
    const value = values[index] ?? 0;
    if (!Number.isFinite(value)) odd ??= index;
    else {
      if (low === null || value < (values[low] ?? 0)) low = index;
      if (high === null || value >= (values[high] ?? 0)) high = index;
    }
  }
  return [...new Set([low, high, odd])].filter((index) => index !== null).sort((a, b) => a - b);
}

function firstAtLeast(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Exponential smoothing without a start-up bias, for trainers that log no smoothed loss. What is no number is skipped and stays a gap.
 * @param weight of each new point, 0–1
 */
export function smooth(values: readonly number[], weight = 0.06): number[] {
  let sum = 0;
  let mass = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    sum = sum * (1 - weight) + value * weight;
    mass = mass * (1 - weight) + weight;
    return sum / mass;
  });
}
