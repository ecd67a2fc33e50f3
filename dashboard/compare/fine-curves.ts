import type { XRange } from "../chart/plot-line.ts";
import { lossName } from "../model/series.ts";
import type { Axis } from "./address.ts";
import { placesOn, type Timing, tracesOn } from "./align.ts";
import { readMetrics } from "./read-metrics.ts";
import { type RunCurve, refined } from "./run-curve.ts";

type Curves = ReadonlyMap<string, RunCurve>;

/** Small charts stand side by side: more entries than they have pixels help nobody, and there are many of them. */
export const POINTS_OVERVIEW = 500;
export const POINTS_LOSS = 1000;

/** The part of a run that is looked at closely, asked for again with as many entries as the whole had. */
export class FineCurves {
  readonly #ask: (
    query: { keys?: readonly string[]; points: number; from: number; to: number },
    signal: AbortSignal,
  ) => Promise<Curves | null>;
  #reading: AbortController | null = null;
  #fine: { from: number; to: number; curves: Curves } | null = null;

  constructor(token: string, run: string) {
    this.#ask = async (query, signal) => {
      const answer = await readMetrics(token, run, query, signal);
      return answer.ok ? answer.value.series : null;
    };
  }

  /** @param steps null: the whole run is looked at. @returns whether something has changed; where nothing came, the coarse curve stays */
  async look(coarse: Curves, steps: { from: number; to: number } | null): Promise<boolean> {
    this.close();
    const { from, to } = steps ?? { from: 0, to: -1 };
    if (to < from || !isBucketed(coarse)) {
      const had = this.#fine !== null;
      this.#fine = null;
      return had;
    }
    const reading = new AbortController();
    this.#reading = reading;
    const loss = lossName([...coarse.keys()]);
    const [all, fine] = await Promise.all([
      this.#ask({ points: POINTS_OVERVIEW, from, to }, reading.signal),
      loss === null ? null : this.#ask({ keys: [loss], points: POINTS_LOSS, from, to }, reading.signal),
    ]);
    if (reading.signal.aborted || all === null) return false;
    this.#fine = { from, to, curves: new Map([...all, ...(fine ?? [])]) };
    return true;
  }

  /** @returns the curves, finer where that was looked at */
  over(coarse: Curves): Curves {
    const fine = this.#fine;
    if (fine === null) return coarse;
    return new Map(
      [...coarse].map(([name, curve]) => {
        const own = fine.curves.get(name);
        return [name, own === undefined ? curve : refined(curve, own, fine.from, fine.to)];
      }),
    );
  }

  close(): void {
    this.#reading?.abort();
    this.#reading = null;
  }
}

/** Where each entry is one point there is nothing finer. */
function isBucketed(curves: Curves): boolean {
  return [...curves.values()].some(({ min, max }) => min.some((low, index) => low !== max[index]));
}

/** @returns the steps that a run has in a part of the axis, and one entry more on either side, so that lines reach its ends; null: none */
export function stepsWithin(curves: Curves, axis: Axis, timing: Timing, range: XRange): { from: number; to: number } | null {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const trace of [...curves.values()].flatMap((curve) => tracesOn(curve, axis, timing))) {
    const places = placesOn(trace, axis);
    for (const [index, place] of places.entries()) {
      const reaches = (places[index + 1] ?? place) >= range.from && (places[index - 1] ?? place) <= range.to;
      if (!reaches) continue;
      // An epoch is a place: the relay is asked for steps.
      const step = axis === "epoch" ? place * (timing.stepsPerEpoch ?? 1) : (trace.steps[index] ?? 0);
      from = Math.min(from, Math.round(step));
      to = Math.max(to, Math.round(step));
    }
  }
  return from <= to ? { from, to } : null;
}
