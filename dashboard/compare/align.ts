import type { Axis } from "./address.ts";
import { entryAt, type RunCurve, withoutOverwritten } from "./run-curve.ts";

/** What turns a run's steps and times into places on an axis. Times in milliseconds since 1970. */
export type Timing = {
  /** null where the trainer told no maximum. */
  stepsPerEpoch: number | null;
  lives: readonly Life[];
};

/** A training between its start and its end or its resumption; `end`: its newest point. */
export type Life = { index: number; start: number; end: number };

/** A curve on an axis: x rises. `step` stays beside it, for what is said of a point. */
export type Placed = { x: number[]; steps: number[]; min: number[]; max: number[]; last: number[] };

/**
 * @returns the curve on the axis, by rising x, without what has no place there. By step and epoch a resumed training replaces what it went
 *   over again; by time all of it stands where it happened.
 */
export function placed(curve: RunCurve, axis: Axis, timing: Timing): Placed {
  const source = axis === "step" || axis === "epoch" ? withoutOverwritten(curve) : curve;
  const place = placeOn(axis, timing);
  const entries = source.steps
    .map((_, index) => entryAt(source, index))
    .map((entry) => ({ ...entry, x: place(entry.step, entry.time, entry.segment) }))
    .filter(({ x }) => Number.isFinite(x));
  if (axis === "time" || axis === "clock") entries.sort((a, b) => a.x - b.x);
  return {
    x: entries.map(({ x }) => x),
    steps: entries.map(({ step }) => step),
    min: entries.map(({ min }) => min),
    max: entries.map(({ max }) => max),
    last: entries.map(({ last }) => last),
  };
}

/** @returns where a point stands; NaN: nowhere. Epochs are of 1, times in seconds: since the start, or since 1970. */
function placeOn(axis: Axis, { stepsPerEpoch, lives }: Timing): (step: number, time: number, segment: number) => number {
  switch (axis) {
    case "step":
      return (step) => step;
    case "epoch":
      return (step) => (stepsPerEpoch === null ? Number.NaN : step / stepsPerEpoch);
    case "clock":
      return (_, time) => time / 1000;
    case "time": {
      const before = trainedBefore(lives);
      return (_, time, segment) => {
        const life = lives.find(({ index }) => index === segment) ?? lives[0];
        return life === undefined ? Number.NaN : (time - life.start + (before.get(life.index) ?? 0)) / 1000;
      };
    }
  }
}

/** How long a run has been trained before each of its lives, in milliseconds: what lay between two of them is no training. */
function trainedBefore(lives: readonly Life[]): Map<number, number> {
  const before = new Map<number, number>();
  let sum = 0;
  for (const { index, start, end } of lives) {
    before.set(index, sum);
    sum += Math.max(0, end - start);
  }
  return before;
}

/** @returns how long the run has been trained up to its newest point, in seconds; null where times are not told */
export function trainedSeconds(lives: readonly Life[]): number | null {
  return lives.length === 0 ? null : lives.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0) / 1000;
}

/**
 * @param segments as the relay tells them; none from a relay of before
 * @returns each life with its newest point; one whose start is not told begins with its first point
 */
export function livesOf(segments: readonly { index: number; started_at: string }[], curves: Iterable<RunCurve>): Life[] {
  const seen = new Map<number, { first: number; end: number }>();
  for (const { times, segments: of } of curves) {
    for (const [index, time] of times.entries()) {
      if (!Number.isFinite(time)) continue;
      const segment = of[index] ?? 0;
      const known = seen.get(segment) ?? { first: time, end: time };
      seen.set(segment, { first: Math.min(known.first, time), end: Math.max(known.end, time) });
    }
  }
  return [...seen]
    .sort(([a], [b]) => a - b)
    .map(([index, { first, end }]) => {
      const told = Date.parse(segments.find((segment) => segment.index === index)?.started_at ?? "");
      // A producer's clock may stand anywhere: a start behind its own first point is none.
      return { index, start: Number.isFinite(told) && told <= first ? told : first, end };
    });
}

/** A point's weight goes by how far along the axis it is from the one before, in parts of this of the whole axis. */
const SMOOTHING_PARTS = 1000;

/**
 * Exponential smoothing without a start-up bias, the same however densely a run was told: 100 points and 10,000 over the same length of the
 * axis are smoothed alike. What is no number is skipped and stays a gap.
 * @param strength 0 to below 1
 * @param length of the whole axis
 */
export function smoothed(x: readonly number[], values: readonly number[], strength: number, length: number): number[] {
  if (strength <= 0 || !(length > 0)) return [...values];
  let sum = 0;
  let mass = 0;
  let before: number | null = null;
  return values.map((value, index) => {
    if (!Number.isFinite(value)) return value;
    const at = x[index] ?? 0;
    const kept: number = before === null ? 0 : strength ** Math.max(0, ((at - before) / length) * SMOOTHING_PARTS);
    before = at;
    sum = sum * kept + value * (1 - strength);
    mass = mass * kept + (1 - strength);
    return sum / mass;
  });
}

/** @returns the value of a curve between its points, in a straight line; null before its first, behind its last, and beside what is no number */
export function valueAt(x: readonly number[], values: readonly number[], at: number): number | null {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const right = x[low];
  const after = values[low];
  if (right === undefined || after === undefined || !Number.isFinite(after)) return null;
  if (right === at) return after;
  const left = x[low - 1];
  const value = values[low - 1];
  if (left === undefined || value === undefined || !Number.isFinite(value)) return null;
  return value + ((after - value) * (at - left)) / (right - left);
}
