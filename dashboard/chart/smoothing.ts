import type { Trace } from "../curves/trace.ts";

/** So many entries on the whole axis are smoothed as one would read the number on the slider; denser ones by as much together. */
const DENSITY = 1000;

/**
 * Exponential smoothing without a start-up bias. A series of a million steps and its buckets look alike with it, and one of twenty points is
 * smoothed point by point. What is no number is skipped, and stays a gap.
 * @param strength 0–0.99: 0 changes nothing
 * @param span the whole axis' length, in steps
 */
export function smoothed(steps: readonly number[], values: readonly number[], strength: number, span: number): number[] {
  const unit = span / DENSITY;
  let [sum, mass, gap, keep] = [0, 0, -1, strength];
  return values.map((value, index) => {
    if (!Number.isFinite(value)) return Number.NaN;
    const distance = index === 0 ? unit : (steps[index] ?? 0) - (steps[index - 1] ?? 0);
    // Neighbours are mostly as far from each other: a power is dear.
    if (distance !== gap) {
      gap = distance;
      keep = unit > 0 && distance < unit ? strength ** (distance / unit) : strength;
    }
    sum = sum * keep + value * (1 - keep);
    mass = mass * keep + (1 - keep);
    return mass > 0 ? sum / mass : value;
  });
}

type Known = { state: string; values: number[] };
const known = new WeakMap<Trace, Known>();

/** The same of a trace, which charts and their figures ask for again and again. */
export function smoothedTrace(trace: Trace, strength: number, span: number): number[] {
  const state = `${strength} ${span} ${trace.steps.length} ${trace.steps.at(-1)} ${trace.last.at(-1)}`;
  const before = known.get(trace);
  if (before?.state === state) return before.values;
  const values = smoothed(trace.steps, trace.last, strength, span);
  known.set(trace, { state, values });
  return values;
}
