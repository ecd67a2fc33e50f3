/**
 * One series of one run as the relay tells it, in columns: an entry is a point, or a bucket of them with its last step and value.
 * `nan`: how many were no number. `times`: milliseconds since 1970, NaN where they are not told. `segments`: which life of the training an entry is of.
 */
export type RunCurve = {
  steps: number[];
  times: number[];
  min: number[];
  max: number[];
  last: number[];
  nan: number[];
  segments: number[];
};

/** Past this, neighbours become one: more than pixels on any screen, eight runs in a chart. */
export const ENTRIES_MAX = 3000;

export function emptyRunCurve(): RunCurve {
  return { steps: [], times: [], min: [], max: [], last: [], nan: [], segments: [] };
}

/** Adds a point that was told after all others. One at an earlier step is of a training that was resumed, and went back. */
export function addLive(curve: RunCurve, step: number, time: number, value: number): void {
  const lastStep = curve.steps.at(-1);
  const segment = curve.segments.at(-1) ?? 0;
  push(curve, {
    step,
    time,
    min: value,
    max: value,
    last: value,
    nan: Number.isNaN(value) ? 1 : 0,
    segment: lastStep !== undefined && step < lastStep ? segment + 1 : segment,
  });
  if (curve.steps.length > ENTRIES_MAX) halve(curve);
}

type Entry = { step: number; time: number; min: number; max: number; last: number; nan: number; segment: number };

function push(curve: RunCurve, entry: Entry): void {
  curve.steps.push(entry.step);
  curve.times.push(entry.time);
  curve.min.push(entry.min);
  curve.max.push(entry.max);
  curve.last.push(entry.last);
  curve.nan.push(entry.nan);
  curve.segments.push(entry.segment);
}

export function entryAt(curve: RunCurve, index: number): Entry {
  const of = (column: readonly number[]) => column[index] ?? Number.NaN;
  return {
    step: of(curve.steps),
    time: of(curve.times),
    min: of(curve.min),
    max: of(curve.max),
    last: of(curve.last),
    nan: of(curve.nan),
    segment: of(curve.segments),
  };
}

/** Makes one entry of each two neighbours of a segment: the lowest and the highest stay, and so does a NaN. */
function halve(curve: RunCurve): void {
  const halved = emptyRunCurve();
  for (let index = 0; index < curve.steps.length; index += 1) {
    const first = entryAt(curve, index);
    const second = entryAt(curve, index + 1);
    if (first.segment !== second.segment || !Number.isFinite(first.last) || !Number.isFinite(second.last)) push(halved, first);
    else {
      push(halved, { ...second, min: Math.min(first.min, second.min), max: Math.max(first.max, second.max), nan: first.nan + second.nan });
      index += 1;
    }
  }
  Object.assign(curve, halved);
}

/** @returns the curve with the entries between two steps taken from one that is finer there */
export function refined(coarse: RunCurve, fine: RunCurve, from: number, to: number): RunCurve {
  const merged = emptyRunCurve();
  const of = (curve: RunCurve, is: (step: number) => boolean) => {
    for (const [index, step] of curve.steps.entries()) if (is(step)) push(merged, entryAt(curve, index));
  };
  of(coarse, (step) => step < from);
  of(fine, (step) => step >= from && step <= to);
  of(coarse, (step) => step > to);
  return merged;
}

/** @returns the curve without what a resumed training went over again: of each step what counts in the end */
export function withoutOverwritten(curve: RunCurve): RunCurve {
  if (curve.segments.every((segment) => segment === curve.segments[0])) return curve;
  const firstOf = new Map<number, number>();
  for (const [index, segment] of curve.segments.entries()) {
    firstOf.set(segment, Math.min(firstOf.get(segment) ?? Number.POSITIVE_INFINITY, curve.steps[index] ?? 0));
  }
  const kept = emptyRunCurve();
  for (const [index, segment] of curve.segments.entries()) {
    const step = curve.steps[index] ?? 0;
    const isOver = [...firstOf].some(([later, first]) => later > segment && step >= first);
    if (!isOver) push(kept, entryAt(curve, index));
  }
  return sortedBySteps(kept);
}

function sortedBySteps(curve: RunCurve): RunCurve {
  if (curve.steps.every((step, index) => index === 0 || step >= (curve.steps[index - 1] ?? 0))) return curve;
  const order = curve.steps.map((_, index) => index).sort((a, b) => (curve.steps[a] ?? 0) - (curve.steps[b] ?? 0));
  const sorted = emptyRunCurve();
  for (const index of order) push(sorted, entryAt(curve, index));
  return sorted;
}
