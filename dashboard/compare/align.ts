import type { XMode } from "../chart/plot-line.ts";
import { addEntry, emptyTrace, firstAtLeast, type Trace } from "../curves/trace.ts";
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

/** What the plots call an axis. Each run's own epochs and start are taken out of its places here: to a plot an epoch is 1 long, and time begins at 0. */
export const MODES: Record<Axis, XMode> = { step: "step", epoch: "epoch", time: "elapsed", clock: "time" };

/** An axis of which the plots take a trace's steps for places; of the others its times. */
function isOfSteps(axis: Axis): boolean {
  return axis === "step" || axis === "epoch";
}

/**
 * @returns the curve on the axis, a trace a life, by rising place, without what has no place there. By step and epoch there is one: a resumed
 *   training replaces what it went over again. By time all of it stands where it happened.
 */
export function tracesOn(curve: RunCurve, axis: Axis, timing: Timing): Trace[] {
  const source = isOfSteps(axis) ? withoutOverwritten(curve) : curve;
  const place = placeOn(axis, timing);
  const lives = new Map<number, Trace>();
  for (const index of source.steps.keys()) {
    const { segment, ...entry } = entryAt(source, index);
    const x = place(entry.step, entry.time, segment);
    if (!Number.isFinite(x)) continue;
    const life = isOfSteps(axis) ? 0 : segment;
    const trace = lives.get(life) ?? emptyTrace(life);
    lives.set(life, trace);
    addEntry(trace, isOfSteps(axis) ? { ...entry, step: x } : { ...entry, time: x });
  }
  return [...lives.values()].sort((a, b) => a.segment - b.segment);
}

/** @returns the column of a trace that is its places on the axis */
export function placesOn(trace: Trace, axis: Axis): readonly number[] {
  return isOfSteps(axis) ? trace.steps : trace.times;
}

/** @returns where a point stands; NaN: nowhere. Epochs are of 1, times in milliseconds: since the start, or since 1970. */
function placeOn(axis: Axis, { stepsPerEpoch, lives }: Timing): (step: number, time: number, segment: number) => number {
  switch (axis) {
    case "step":
      return (step) => step;
    case "epoch":
      return (step) => (stepsPerEpoch === null ? Number.NaN : step / stepsPerEpoch);
    case "clock":
      return (_, time) => time;
    case "time": {
      const before = trainedBefore(lives);
      return (_, time, segment) => {
        const life = lives.find(({ index }) => index === segment) ?? lives[0];
        return life === undefined ? Number.NaN : time - life.start + (before.get(life.index) ?? 0);
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

/** @returns the value of a curve between its points, in a straight line; null before its first, behind its last, and beside what is no number */
export function valueAt(x: readonly number[], values: readonly number[], at: number): number | null {
  const low = firstAtLeast(x, at);
  const right = x[low];
  const after = values[low];
  if (right === undefined || after === undefined || !Number.isFinite(after)) return null;
  if (right === at) return after;
  const left = x[low - 1];
  const value = values[low - 1];
  if (left === undefined || value === undefined || !Number.isFinite(value)) return null;
  return value + ((after - value) * (at - left)) / (right - left);
}
