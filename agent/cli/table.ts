import { styleText } from "node:util";

/** A column of a table that fits a terminal. */
export type Column = {
  title: string;
  /** Who stays longest where there is no room for all; infinite for one that is always there. */
  keep: number;
  /** In columns of the terminal; a column without it is never cut. */
  shrinksTo?: number;
  right?: boolean;
};

export type Cell = { text: string; colour?: "green" | "yellow" | "red" | "dim" | undefined };

type Stream = NonNullable<Parameters<typeof styleText>[2]>["stream"];

const GAP = "  ";

/**
 * Aligned lines, the first of which names the columns.
 * @param rows as long as the columns each
 * @param width of the terminal, in its columns
 * @param stream decides about colours: none where it is no terminal, or `NO_COLOR` says so
 */
export function layOut(columns: readonly Column[], rows: readonly (readonly Cell[])[], width: number, stream: Stream): string[] {
  const titles = columns.map(({ title }): Cell => ({ text: title, colour: "dim" }));
  const table = [titles, ...rows].map((row) => row.map((cell) => ({ ...cell, text: plainCell(cell.text) })));
  const widths = fitted(
    columns,
    columns.map((_, index) => Math.max(...table.map((row) => widthOf(row[index]?.text ?? "")))),
    width,
  );
  return table.map((row) =>
    columns
      .flatMap((column, index) => placed(row[index], column, widths[index] ?? null, stream) ?? [])
      .join(GAP)
      .trimEnd(),
  );
}

/** @returns a width for each column, null for one that is left out */
function fitted(columns: readonly Column[], natural: readonly number[], width: number): (number | null)[] {
  const widths: (number | null)[] = [...natural];
  for (;;) {
    const shown = widths.filter((each) => each !== null);
    const over = shown.reduce((sum, each) => sum + each, GAP.length * (shown.length - 1)) - width;
    if (over <= 0) return widths;
    const elastic = columns.findIndex(({ shrinksTo }, index) => shrinksTo !== undefined && (widths[index] ?? 0) > shrinksTo);
    if (elastic >= 0) {
      widths[elastic] = Math.max(columns[elastic]?.shrinksTo ?? 0, (widths[elastic] ?? 0) - over);
      continue;
    }
    const least = Math.min(...columns.flatMap(({ keep }, index) => (widths[index] === null ? [] : [keep])));
    if (!Number.isFinite(least)) return widths;
    widths[columns.findIndex(({ keep }, index) => keep === least && widths[index] !== null)] = null;
    // What was cut for a column that has gone may be longer again.
    columns.forEach(({ shrinksTo }, index) => {
      if (shrinksTo !== undefined && widths[index] !== null) widths[index] = natural[index] ?? 0;
    });
  }
}

function placed(cell: Cell | undefined, { right }: Column, width: number | null, stream: Stream): string | null {
  if (width === null) return null;
  const text = cut(cell?.text ?? "", width);
  const space = " ".repeat(width - widthOf(text));
  const shown = cell?.colour && text !== "" ? styleText(cell.colour, text, { stream }) : text;
  return right ? space + shown : shown + space;
}

/** Names come from other machines: a control character could move the cursor, end a line or begin another field. */
export function plainCell(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, " ");
}

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** East Asian Wide and Fullwidth, by block, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

/** @returns how many of a terminal's columns a text without control characters takes */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** @returns the text, cut to that many of a terminal's columns */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const { segment } of GRAPHEMES.segment(text)) {
    if (widthOf(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
