import { firstAtLeast } from "../curves/trace.ts";

/** What is drawn of a trace: a column a pixel, each with its first and last value and its exact lowest and highest. NaN: no number there. */
export type PixelColumns = {
  count: number;
  /** CSS pixels from the left edge of the plot: of one entry its own place. One column may lie beyond each edge, so that lines reach it. */
  px: Float64Array;
  first: Float64Array;
  last: Float64Array;
  min: Float64Array;
  max: Float64Array;
};

export type Values = { readonly min: readonly number[]; readonly max: readonly number[]; readonly last: readonly number[] };

/** @param places by rising place. @param view the part of the axis that is seen, on `width` CSS pixels */
export function decimate(places: readonly number[], values: Values, view: { from: number; to: number; width: number }): PixelColumns {
  const { from, to, width } = view;
  const begin = Math.max(0, firstAtLeast(places, from) - 1);
  const beyond = firstAtLeast(places, to);
  const end = Math.min(places.length, beyond + ((places[beyond] ?? to) > to ? 1 : countOf(places, beyond, to) + 1));
  const size = Math.min(end - begin, Math.ceil(width) + 3);
  const make = () => new Float64Array(size);
  const columns: PixelColumns = { count: 0, px: make(), first: make(), last: make(), min: make(), max: make() };
  const scale = to > from ? width / (to - from) : 0;
  let key = Number.NaN;
  let at = -1;
  for (let index = begin; index < end; index += 1) {
    const place = places[index] ?? from;
    const px = to > from ? (place - from) * scale : width / 2;
    // What is beyond an edge is a column of its own, however far away; what stands at the right edge is in the last pixel.
    const own = place < from ? -1 : place > to ? Math.ceil(width) : Math.min(Math.floor(px), Math.ceil(width) - 1);
    const value = values.last[index] ?? Number.NaN;
    const low = values.min[index] ?? Number.NaN;
    const high = values.max[index] ?? Number.NaN;
    if (own !== key) {
      at += 1;
      key = own;
      columns.px[at] = px;
      columns.first[at] = value;
      columns.last[at] = value;
      columns.min[at] = low;
      columns.max[at] = high;
      continue;
    }
    columns.px[at] = Math.min(own + 0.5, width);
    columns.last[at] = value;
    // Comparing with NaN is false: a number replaces it, it replaces none.
    if (low < (columns.min[at] ?? 0) || Number.isNaN(columns.min[at])) columns.min[at] = low;
    if (high > (columns.max[at] ?? 0) || Number.isNaN(columns.max[at])) columns.max[at] = high;
  }
  columns.count = at + 1;
  return columns;
}

/** How many entries from an index on stand at this very place: points of one step that was told twice. */
function countOf(places: readonly number[], index: number, place: number): number {
  let end = index;
  while (end < places.length && places[end] === place) end += 1;
  return end - index;
}

/** @returns the lowest and the highest finite value of what is seen; null where there is none. @param positive on a logarithmic scale */
export function heightOf(columns: PixelColumns, width: number, positive: boolean): [low: number, high: number] | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < columns.count; at += 1) {
    const px = columns.px[at] ?? 0;
    if (px < 0 || px > width) continue;
    for (const value of [columns.min[at], columns.max[at], columns.last[at]]) {
      if (value === undefined || !Number.isFinite(value) || (positive && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high] : null;
}

/** Of columns in place: what is infinite has no height, and what is not above zero none on a logarithmic scale. */
export function drawable(columns: PixelColumns, logarithmic: boolean): PixelColumns {
  for (const column of [columns.first, columns.last, columns.min, columns.max]) {
    for (let at = 0; at < columns.count; at += 1) {
      const value = column[at] ?? Number.NaN;
      if (!Number.isFinite(value) || (logarithmic && value <= 0)) column[at] = Number.NaN;
    }
  }
  return columns;
}
