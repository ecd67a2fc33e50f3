import type { Curve } from "../model/curve.ts";

/** One line of a chart. `points`: marks without a line between them. */
export type Line = { name: string; color: string; width: number; points?: boolean; curve: Curve };

/** Where a value was no number: the step, and which it was. */
export type Mark = { step: number; text: string };

/** Columns over one common axis, as uPlot wants them; undefined is "no point here", null a gap. */
export type Columns = [number[], ...(number | null | undefined)[][]];

/** @param logarithmic values of zero and less have no place on such a scale, and become gaps */
export function columnsOf(lines: readonly Line[], logarithmic: boolean): Columns {
  const steps = [...new Set(lines.flatMap((line) => line.curve.steps))].sort((a, b) => a - b);
  const row = new Map(steps.map((step, index) => [step, index]));
  const columns = lines.map(({ curve }) => {
    const column: (number | null | undefined)[] = new Array(steps.length).fill(undefined);
    for (const [index, step] of curve.steps.entries()) {
      const value = curve.values[index] ?? Number.NaN;
      column[row.get(step) ?? 0] = Number.isFinite(value) && (!logarithmic || value > 0) ? value : null;
    }
    return column;
  });
  return [steps, ...columns];
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
