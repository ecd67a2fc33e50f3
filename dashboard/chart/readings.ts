import { untracked } from "@preact/signals";
import { spanOf } from "./plot-canvas.ts";
import type { PlotGroup } from "./plot-group.ts";
import { nearest, newest, type Place, type PlotLine } from "./plot-line.ts";
import { smoothedTrace } from "./smoothing.ts";

/** What a line says at a place. `smooth`: null where nothing is smoothed. */
export type Reading = { line: PlotLine; place: Place; raw: number; low: number; high: number; smooth: number | null };

/** @param x a place on the axis; null: the newest of each line */
export function readingsAt(lines: readonly PlotLine[], group: PlotGroup, x: number | null): Reading[] {
  const { smoothing } = group.settings.peek();
  const mode = untracked(() => group.x());
  const span = smoothing > 0 ? spanOf(lines) : 0;
  return lines.flatMap((line) => {
    const place = x === null ? newest(line, mode) : nearest(line, mode, x);
    if (!place) return [];
    const { trace, index } = place;
    const isSmooth = smoothing > 0 && !line.points;
    const at = (column: readonly number[]) => column[index] ?? Number.NaN;
    const smooth = isSmooth ? (smoothedTrace(trace, smoothing, span)[index] ?? null) : null;
    return [{ line, place, raw: at(trace.last), low: at(trace.min), high: at(trace.max), smooth }];
  });
}
