import { withoutColours } from "./plain-text.ts";

/** A progress bar as one drawing shows it. `progress` is its percentage, or its count where it has no total; null where it shows none. */
export type BarShape = { label: string; progress: number | null };

/** What a bar is called stands at its beginning; reading further costs time and finds other things. */
const HEAD = 256;
const LABEL_MAX = 64;

/** @returns the shape of a tqdm bar (`label:  12%|█▎ | 1/8 [00:03<00:26]`, or `label: 12it [00:03]`), or null for any other line */
export function tqdmShape(text: string): BarShape | null {
  const head = withoutColours(text).slice(0, HEAD);
  const percent = head.indexOf("%|");
  if (percent >= 0) return shapeBefore(head.slice(0, percent));
  const count = head.indexOf("it [");
  return count >= 0 ? shapeBefore(head.slice(0, count)) : null;
}

function shapeBefore(text: string): BarShape | null {
  const number = /\d{1,12}$/.exec(text)?.[0];
  return number === undefined ? null : { label: labelOf(text.slice(0, -number.length)), progress: Number(number) };
}

/** @returns the shape of any line that was drawn over: what stands before its first figure names it */
export function redrawnShape(text: string): BarShape {
  const head = withoutColours(text).slice(0, HEAD);
  const percent = /(\d{1,3})(?:\.\d{1,9})?\s?%/.exec(head);
  return { label: labelOf(head.split(/\d/, 1)[0] ?? ""), progress: percent ? Number(percent[1]) : null };
}

function labelOf(text: string): string {
  const label = text
    .trim()
    .slice(0, LABEL_MAX)
    .replace(/[:|[(\s]+$/, "");
  return label === "" ? "bar" : label;
}
