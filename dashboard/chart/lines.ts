import type { Curve } from "../model/curve.ts";

/** One line of a chart. `points`: marks without a line between them. */
export type Line = { name: string; color: string; width: number; points?: boolean; curve: Curve };

/** Where a value was no number: the step, and which it was. */
export type Mark = { step: number; text: string };

/** Columns over one common axis, as uPlot wants them; undefined is "no point here", null a gap. */
export type Columns = [number[], ...(number | null | undefined)[][]];

/**
 * All curves rise, so that one walk over them side by side makes the common axis: this runs with every frame of a live chart.
 * @param logarithmic values of zero and less have no place on such a scale, and become gaps
 */
export function columnsOf(lines: readonly Line[], logarithmic: boolean): Columns {
  const steps: number[] = [];
  const walks = lines.map(({ curve }) => ({ curve, at: 0, column: [] as (number | null | undefined)[] }));
  for (;;) {
    let step = Number.POSITIVE_INFINITY;
    for (const { curve, at } of walks) step = Math.min(step, curve.steps[at] ?? Number.POSITIVE_INFINITY);
    if (step === Number.POSITIVE_INFINITY) return [steps, ...walks.map((walk) => walk.column)];
    steps.push(step);
    for (const walk of walks) {
      const here = walk.curve.steps[walk.at] === step;
      walk.column.push(here ? drawable(walk.curve.values[walk.at], logarithmic) : undefined);
      if (here) walk.at += 1;
    }
  }
}

function drawable(value: number | undefined, logarithmic: boolean): number | null {
  return value !== undefined && Number.isFinite(value) && (!logarithmic || value > 0) ? value : null;
}

/** Few enough to be read: a run whose loss stays NaN has one at every step. */
const MARKS_MAX = 50;

/** EV2: @returns where the lines have NaN or an infinity, the first ones */
export function marksOf(lines: readonly Line[]): Mark[] {
  const marks: Mark[] = [];
  for (const { curve } of lines) {
    for (const [index, value] of curve.values.entries()) {
      if (Number.isFinite(value)) continue;
      const step = curve.steps[index] ?? 0;
      if (!marks.some((mark) => mark.step === step)) marks.push({ step, text: Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞" });
      if (marks.length >= MARKS_MAX) return marks;
    }
  }
  return marks;
}
