import { firstAtLeast, type Trace } from "../curves/trace.ts";

/**
 * One line of a plot. `traces`: its lives, the oldest first, read at each drawing. `dash` in CSS pixels. `points`: rings without a line
 * between them, and never smoothed.
 */
export type PlotLine = {
  key: string;
  name: string;
  color: string;
  dash: readonly number[];
  points?: boolean;
  traces: () => readonly Trace[];
};

/** A part of the x axis, in its own unit: steps, or milliseconds since 1970. */
export type XRange = { from: number; to: number };

/** What the x axis counts. An axis of epochs has the places of steps and other words at its ticks; `elapsed` those of the clock. */
export type XMode = "step" | "epoch" | "time" | "elapsed";

export function isTime(mode: XMode): boolean {
  return mode === "time" || mode === "elapsed";
}

/** @returns the column of places; a trace that was told without times, wholly or in part, has none on an axis of time */
export function placesOf(trace: Trace, mode: XMode): readonly number[] {
  if (!isTime(mode)) return trace.steps;
  return Number.isFinite(trace.times[0]) && Number.isFinite(trace.times.at(-1)) ? trace.times : [];
}

/** @returns from the first to the last place of all lines, or null where there is none */
export function extentOf(lines: readonly PlotLine[], mode: XMode): XRange | null {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const line of lines) {
    for (const trace of line.traces()) {
      const places = placesOf(trace, mode);
      const first = places[0];
      const last = places.at(-1);
      if (first === undefined || last === undefined) continue;
      from = Math.min(from, first);
      to = Math.max(to, last);
    }
  }
  return from <= to ? { from, to } : null;
}

/** A place on a line: which entry of which of its lives. */
export type Place = { trace: Trace; index: number; x: number };

/** @returns the entry of a line that is nearest to a place on the axis: of the newest life that was there */
export function nearest(line: PlotLine, mode: XMode, x: number): Place | null {
  let best: Place | null = null;
  for (const trace of line.traces().toReversed()) {
    const places = placesOf(trace, mode);
    if (places.length === 0) continue;
    const after = Math.min(firstAtLeast(places, x), places.length - 1);
    const before = Math.max(after - 1, 0);
    const index = Math.abs((places[before] ?? 0) - x) <= Math.abs((places[after] ?? 0) - x) ? before : after;
    const found = { trace, index, x: places[index] ?? 0 };
    if (x >= (places[0] ?? 0) && x <= (places.at(-1) ?? 0)) return found;
    if (!best || Math.abs(found.x - x) < Math.abs(best.x - x)) best = found;
  }
  return best;
}

/** @returns the newest entry of a line */
export function newest(line: PlotLine, mode: XMode): Place | null {
  const trace = line.traces().at(-1);
  const places = trace ? placesOf(trace, mode) : [];
  const x = places.at(-1);
  return trace && x !== undefined ? { trace, index: places.length - 1, x } : null;
}
