/** How a run is drawn: colour and dashes both tell runs apart, so that neither has to alone. Dashes in CSS pixels; none is a solid line. */
export type Look = { color: string; dash: readonly number[] };

/** Colours of the style sheet. */
export type Palette = { series: readonly string[]; text: string };

const DASHES: readonly (readonly number[])[] = [[], [9, 4], [2, 3], [10, 3, 2, 3], [5, 3], [16, 4], [6, 2, 2, 2, 2, 2], [3, 6]];

/** @param place of the run in the address */
export function lookOf(place: number, { series, text }: Palette): Look {
  return { color: series[place % series.length] ?? text, dash: DASHES[place % DASHES.length] ?? [] };
}
