/**
 * Points of one series between two steps. `step` is the greatest, `last` the value there: of several at that step the newest. `min` and `max`
 * leave NaN out, and are NaN where there is nothing else; `nan` counts it. `at` is when that newest was told, milliseconds since 1970; NaN for
 * what an older relay sealed.
 */
export type Bucket = { step: number; min: number; max: number; last: number; nan: number; at: number };

/** A bucket of one point. */
export function bucketOf(step: number, value: number, at: number): Bucket {
  return { step, min: value, max: value, last: value, nan: Number.isNaN(value) ? 1 : 0, at };
}

/** Adds to a bucket what came later in the log: a run that was resumed goes over steps again. */
export function merge(into: Bucket, later: Bucket): void {
  if (later.step >= into.step) {
    into.step = later.step;
    into.last = later.last;
    into.at = later.at;
  }
  // Comparing with NaN is false: a number replaces it, it replaces none.
  if (later.min < into.min || Number.isNaN(into.min)) into.min = later.min;
  if (later.max > into.max || Number.isNaN(into.max)) into.max = later.max;
  into.nan += later.nan;
}
