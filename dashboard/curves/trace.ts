/**
 * One series in one life of its training, in columns, by rising step. An entry is a point, or a bucket of neighbours: its last step, the time
 * of its newest point (ms since 1970, NaN where it is not told), the lowest and highest number (NaN: none), the last value, and how many NaN.
 */
export type Trace = {
  readonly segment: number;
  readonly steps: number[];
  readonly times: number[];
  readonly min: number[];
  readonly max: number[];
  readonly last: number[];
  readonly nan: number[];
};

export type Entry = { step: number; time: number; min: number; max: number; last: number; nan: number };

/** Of one series in all its lives: past it the older half is thinned. More than pixels on any screen; the relay has the rest. */
export const TRACE_ENTRIES_MAX = 4096;

export function emptyTrace(segment: number): Trace {
  return { segment, steps: [], times: [], min: [], max: [], last: [], nan: [] };
}

export function pointOf(step: number, time: number, value: number): Entry {
  return { step, time, min: value, max: value, last: value, nan: Number.isNaN(value) ? 1 : 0 };
}

export function addEntry(trace: Trace, { step, time, min, max, last, nan }: Entry): void {
  trace.steps.push(step);
  trace.times.push(time);
  trace.min.push(min);
  trace.max.push(max);
  trace.last.push(last);
  trace.nan.push(nan);
}

export function entryAt(trace: Trace, index: number): Entry {
  return {
    step: trace.steps[index] ?? 0,
    time: trace.times[index] ?? Number.NaN,
    min: trace.min[index] ?? Number.NaN,
    max: trace.max[index] ?? Number.NaN,
    last: trace.last[index] ?? Number.NaN,
    nan: trace.nan[index] ?? 0,
  };
}

/** Makes one entry of each two in the older half: lowest, highest and NaN stay exact; the newer half stays as it is. */
export function thin(trace: Trace): void {
  const half = Math.floor(trace.steps.length / 4) * 2;
  const kept = emptyTrace(trace.segment);
  for (let index = 0; index < half; index += 2) addEntry(kept, joined(entryAt(trace, index), entryAt(trace, index + 1)));
  for (let index = half; index < trace.steps.length; index += 1) addEntry(kept, entryAt(trace, index));
  for (const column of ["steps", "times", "min", "max", "last", "nan"] as const) {
    trace[column].length = 0;
    for (const value of kept[column]) trace[column].push(value);
  }
}

function joined(first: Entry, second: Entry): Entry {
  return { ...second, min: lower(first.min, second.min), max: higher(first.max, second.max), nan: first.nan + second.nan };
}

/** NaN is no number, and not the lowest one. */
function lower(a: number, b: number): number {
  return Number.isNaN(a) || b < a ? b : a;
}

function higher(a: number, b: number): number {
  return Number.isNaN(a) || b > a ? b : a;
}

/** @returns one trace of two lives, by step: of a series whose steps go back all the time there would be lives without end */
export function interleaved(a: Trace, b: Trace): Trace {
  const entries = [a, b].flatMap((trace) => trace.steps.map((_, index) => entryAt(trace, index)));
  const all = emptyTrace(b.segment);
  for (const entry of entries.sort((left, right) => left.step - right.step)) addEntry(all, entry);
  return all;
}

/**
 * @param fine of the same life, what the relay told of the steps `from` to `to`
 * @returns the coarse trace with those steps finer. An entry that begins before them stays, as do those newer than what was told.
 */
export function refined(coarse: Trace, fine: Trace, { from, to }: { from: number; to: number }): Trace {
  const newest = fine.steps.at(-1);
  if (newest === undefined) return coarse;
  const end = Math.min(to, newest);
  const result = emptyTrace(coarse.segment);
  const first = firstAtLeast(coarse.steps, from);
  const beginsBefore = first > 0 && (coarse.steps[first - 1] ?? from) < from - 1 && isBucket(coarse, first);
  for (let index = 0; index < first + (beginsBefore ? 1 : 0); index += 1) addEntry(result, entryAt(coarse, index));
  const straddling = result.steps.at(-1) ?? Number.NEGATIVE_INFINITY;
  let taken = 0;
  if (beginsBefore) taken = firstAtLeast(fine.steps, straddling + 1);
  for (let index = taken; index < fine.steps.length; index += 1) addEntry(result, entryAt(fine, index));
  const reached = result.steps.at(-1) ?? end;
  for (let index = firstAtLeast(coarse.steps, Math.max(end, reached) + 1); index < coarse.steps.length; index += 1)
    addEntry(result, entryAt(coarse, index));
  return result;
}

function isBucket(trace: Trace, index: number): boolean {
  const { min, max, nan, last } = entryAt(trace, index);
  return min < max || nan > (Number.isNaN(last) ? 1 : 0);
}

/** @returns whether no entry between two steps is a bucket of several values: then nobody knows more */
export function isExact(trace: Trace, { from, to }: { from: number; to: number }): boolean {
  for (let index = firstAtLeast(trace.steps, from); index < trace.steps.length && (trace.steps[index - 1] ?? from) <= to; index += 1) {
    if (isBucket(trace, index)) return false;
  }
  return true;
}

export function firstAtLeast(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
