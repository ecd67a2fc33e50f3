import { styleText } from "node:util";
import { cut, plainCell, widthOf } from "../table.ts";

export type Style = Parameters<typeof styleText>[0];

/** A piece of a terminal's line. */
export type Piece = { text: string; style?: Style };

/** @returns the pieces as one line that is no wider than the terminal. @param colours false: text alone (`NO_COLOR`) */
export function lineOf(pieces: readonly (Piece | null)[], width: number, colours: boolean): string {
  let room = width;
  let line = "";
  for (const piece of pieces) {
    if (piece === null || room <= 0) continue;
    const text = cut(plainCell(piece.text), room);
    room -= widthOf(text);
    line += piece.style && colours && text !== "" ? styleText(piece.style, text, { validateStream: false }) : text;
  }
  return line;
}

/** @returns the text, filled up to a width */
export const padded = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)));

/** A bar of a part of a whole, to an eighth of a character. @param fraction 0–1 */
export function bar(fraction: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * width * 8);
  const rest = eighths % 8;
  const drawn = "█".repeat(Math.floor(eighths / 8)) + (rest === 0 ? "" : (["▏", "▎", "▍", "▌", "▋", "▊", "▉"][rest - 1] ?? ""));
  return padded(drawn, width);
}

/** @returns `8 s`, `4 min 10 s`, `1 h 05 min`, `2 d 3 h` */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  if (whole < 3600) return `${Math.round(whole / 60)} min`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** @returns a number in about four figures */
export function figure(value: number | null): string {
  if (value === null) return "–";
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 0.001 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}
