import type { Curve } from "../model/curve.ts";
import type { Axis } from "./address.ts";
import { type Placed, placed, smoothed, type Timing, valueAt } from "./align.ts";
import type { RunCurve } from "./run-curve.ts";

/** A run as the charts take it: its place in the address, and what is known of it. */
export type DrawnRun = { run: string; name: string; place: number; curves: ReadonlyMap<string, RunCurve>; timing: Timing };

/** One series of one run on the axis. `values` are smoothed, at each x of `placed`. */
export type DrawnSeries = { run: DrawnRun; placed: Placed; values: number[] };

/**
 * @param names what each run calls the series; null where it has none
 * @param smoothing strength, over the whole axis of all these runs: one that is short is not smoothed less
 */
export function drawSeries(runs: readonly DrawnRun[], names: readonly (string | null)[], axis: Axis, smoothing: number): DrawnSeries[] {
  const laid = runs.flatMap((run, index) => {
    const curve = run.curves.get(names[index] ?? "");
    return curve === undefined ? [] : [{ run, placed: placed(curve, axis, run.timing) }];
  });
  const length = Math.max(0, ...laid.map(({ placed: { x } }) => (x.at(-1) ?? 0) - (x[0] ?? 0)));
  return laid.map(({ run, placed: own }) => ({ run, placed: own, values: smoothed(own.x, own.last, smoothing, length) }));
}

/** @returns what was told as one line: of a bucket its lowest, its highest and its last, so that no spike is lost */
export function zigzag({ x, min, max, last }: Placed): Curve {
  const steps: number[] = [];
  const values: number[] = [];
  for (const [index, at] of x.entries()) {
    const low = min[index] ?? Number.NaN;
    const high = max[index] ?? Number.NaN;
    const end = last[index] ?? Number.NaN;
    const before = x[index - 1] ?? at;
    if (low < high) {
      steps.push(before + (at - before) / 3, before + ((at - before) * 2) / 3);
      values.push(low, high);
    }
    steps.push(at);
    values.push(end);
  }
  return { steps, values };
}

/** What stands under the pointer of one run; null: it has nothing there, or is the baseline itself. */
export type UnderPointer = { run: DrawnRun; value: number | null; base: number | null };

/** @returns each run's value at a place on the axis, between its points too, and the baseline's there */
export function underPointer(series: readonly DrawnSeries[], base: string | null, x: number): UnderPointer[] {
  const baseline = series.find(({ run }) => run.run === base);
  const baseValue = baseline ? valueAt(baseline.placed.x, baseline.values, x) : null;
  return series.map((each) => ({
    run: each.run,
    value: valueAt(each.placed.x, each.values, x),
    base: each === baseline ? null : baseValue,
  }));
}
