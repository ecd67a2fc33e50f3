import type { Point } from "./state.ts";

/** A character of Braille has two columns of four dots; bits of the dots from top to bottom (Unicode, U+2800). */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/** A plot's lines, and what stands at its edges. */
export type Plot = { lines: string[]; low: number; high: number; from: number; to: number };

/**
 * Draws a curve in Braille: each column of dots from the least to the greatest value that falls into it, so that no peak is lost.
 * @param width in characters
 * @param height in characters
 * @returns null where there is nothing to draw
 */
export function plot(points: readonly Point[], width: number, height: number): Plot | null {
  const finite = points.filter(({ value }) => Number.isFinite(value));
  const [first, last] = [finite[0], finite.at(-1)];
  if (!first || !last || width < 1 || height < 1) return null;
  const low = finite.reduce((least, { value }) => Math.min(least, value), first.value);
  const high = finite.reduce((most, { value }) => Math.max(most, value), first.value);
  const columns = width * 2;
  const rows = height * 4;
  const spans: ({ from: number; to: number } | undefined)[] = Array.from({ length: columns });
  let before: { column: number; row: number } | null = null;
  for (const { step, value } of finite) {
    const column = Math.min(columns - 1, Math.floor(((step - first.step) / (last.step - first.step || 1)) * columns));
    const row = Math.min(rows - 1, Math.floor(((high - value) / (high - low || 1)) * rows));
    // A fall from one column to the next is drawn in the later one: dots apart are no line.
    const towards = before && before.column !== column ? before.row + Math.sign(row - before.row) : row;
    const span = spans[column] ?? { from: row, to: row };
    spans[column] = { from: Math.min(span.from, row, towards), to: Math.max(span.to, row, towards) };
    before = { column, row };
  }
  const cells = Array.from({ length: height }, () => new Uint8Array(width));
  for (const [column, span] of spans.entries()) {
    if (!span) continue;
    for (let row = span.from; row <= span.to; row += 1) {
      const cell = cells[Math.floor(row / 4)];
      const at = Math.floor(column / 2);
      if (cell) cell[at] = (cell[at] ?? 0) | (DOTS[column % 2 === 0 ? 0 : 1][row % 4] ?? 0);
    }
  }
  const lines = cells.map((row) => Array.from(row, (dots) => String.fromCodePoint(0x2800 + dots)).join(""));
  return { lines, low, high, from: first.step, to: last.step };
}
