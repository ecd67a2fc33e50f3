import { signal } from "@preact/signals";
import { PlotGroup } from "../chart/plot-group.ts";
import { extentOf, type PlotLine } from "../chart/plot-line.ts";
import { smoothedTrace } from "../chart/smoothing.ts";
import type { Trace } from "../curves/trace.ts";
import type { Axis } from "./address.ts";
import { MODES, placesOn, type Timing, tracesOn, valueAt } from "./align.ts";
import { lookOf, type Palette } from "./look.ts";
import type { MatchedSeries } from "./series-match.ts";
import { difference } from "./texts.ts";

/** A run as the plots take it. `place` in the address. `revision` rises with its curves. */
export type DrawnRun = {
  run: string;
  name: string;
  place: number;
  revision: number;
  series: ReadonlyMap<string, readonly Trace[]>;
  timing: Timing;
};

/** The curves of all runs on one axis, and what their plots share. */
export class Plots {
  readonly group = new PlotGroup();
  readonly version = signal(0);
  readonly #traces = new Map<string, { state: string; traces: readonly Trace[] }>();

  constructor() {
    // Each run's own is taken out of its places.
    this.group.origin.value = { stepsPerEpoch: null, start: 0 };
  }

  /** @param series all that are drawn */
  update(runs: readonly DrawnRun[], series: readonly MatchedSeries[], axis: Axis): void {
    const kept = new Set<string>();
    for (const [index, run] of runs.entries()) {
      const state = `${axis} ${run.revision} ${JSON.stringify(run.timing)}`;
      for (const { key, names } of series) {
        const lives = run.series.get(names[index] ?? "");
        const name = nameOf(key, run.run);
        kept.add(name);
        if (this.#traces.get(name)?.state === state) continue;
        this.#traces.set(name, { state, traces: lives === undefined ? [] : tracesOn(lives, axis, run.timing) });
      }
    }
    for (const name of this.#traces.keys()) if (!kept.has(name)) this.#traces.delete(name);
    const all = { ...EVERYTHING, traces: () => [...this.#traces.values()].flatMap(({ traces }) => traces) };
    this.group.extent = extentOf([all], MODES[axis]);
    this.version.value += 1;
  }

  tracesOf(series: string, run: string): readonly Trace[] {
    return this.#traces.get(nameOf(series, run))?.traces ?? [];
  }

  lines({ key, names }: MatchedSeries, runs: readonly DrawnRun[], palette: Palette): PlotLine[] {
    return runs
      .filter((_, index) => names[index] !== null)
      .map(({ run, name, place }) => ({ key: run, name, ...lookOf(place, palette), traces: () => this.tracesOf(key, run) }));
  }

  /** @returns by how much a run is above or below the baseline at a place on the axis, between the points of both, too */
  against(line: PlotLine, base: PlotLine | undefined, x: number, axis: Axis, span: number): string | null {
    if (base === undefined || line.key === base.key) return null;
    return difference(this.#valueAt(line, x, axis, span), this.#valueAt(base, x, axis, span));
  }

  #valueAt(line: PlotLine, x: number, axis: Axis, span: number): number | null {
    const { smoothing } = this.group.settings.peek();
    for (const trace of line.traces().toReversed()) {
      const value = valueAt(placesOn(trace, axis), smoothing > 0 ? smoothedTrace(trace, smoothing, span) : trace.last, x);
      if (value !== null) return value;
    }
    return null;
  }
}

const EVERYTHING = { key: "", name: "", color: "", dash: [] };

function nameOf(series: string, run: string): string {
  return `${run}\n${series}`;
}
