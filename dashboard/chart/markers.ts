export type MarkerKind = "restart" | "command" | "save" | "sample";

/** Something that happened at a place on the axis. `text` may come from outside. */
export type Marker = { kind: MarkerKind; x: number; text: string };

/** Markers that would overlap, as one. */
export type MarkerCluster = { px: number; kind: MarkerKind; markers: Marker[] };

/** Nearer than this to the first of them, in CSS pixels, markers are one. */
export const CLUSTER_PX = 14;

/** Which of a cluster is drawn: what happens seldom tells more. */
const RANK: Record<MarkerKind, number> = { restart: 3, command: 2, save: 1, sample: 0 };

/** @param view the part of the axis that is seen, on `width` CSS pixels. @returns clusters from left to right */
export function clusterMarkers(markers: readonly Marker[], view: { from: number; to: number; width: number }): MarkerCluster[] {
  const { from, to, width } = view;
  if (!(to > from)) return [];
  const seen = markers.filter(({ x }) => x >= from && x <= to).sort((a, b) => a.x - b.x);
  const clusters: MarkerCluster[] = [];
  for (const marker of seen) {
    const px = ((marker.x - from) / (to - from)) * width;
    const open = clusters.at(-1);
    if (open && px - open.px < CLUSTER_PX) {
      open.markers.push(marker);
      if (RANK[marker.kind] > RANK[open.kind]) open.kind = marker.kind;
    } else {
      clusters.push({ px, kind: marker.kind, markers: [marker] });
    }
  }
  return clusters;
}

/** Neighbouring pixels in which something was no number, as one stretch: a loss that stays NaN has thousands. */
export type Stretch = { from: number; to: number; text: string };

/** Nearer than this, in CSS pixels, stretches are one. */
const STRETCH_GAP_PX = 6;

/** A place in CSS pixels, and what was there that is no number. */
type Odd = { px: number; text: string };

/** @returns the entries of what is seen in which something was NaN or infinite */
export function findOdd(
  places: readonly number[],
  trace: { min: readonly number[]; max: readonly number[]; nan: readonly number[] },
  { from, to, width }: { from: number; to: number; width: number },
): Odd[] {
  const odd: Odd[] = [];
  for (const [index, place] of places.entries()) {
    const isNan = (trace.nan[index] ?? 0) > 0;
    const isHigh = trace.max[index] === Number.POSITIVE_INFINITY;
    const isLow = trace.min[index] === Number.NEGATIVE_INFINITY;
    if (!(isNan || isHigh || isLow) || place < from || place > to) continue;
    const px = ((place - from) / (to - from)) * width;
    if (isNan) odd.push({ px, text: "NaN" });
    if (isHigh) odd.push({ px, text: "∞" });
    if (isLow) odd.push({ px, text: "−∞" });
  }
  return odd;
}

/** @param found in any order */
export function stretchesOf(found: readonly Odd[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { px, text } of [...found].sort((a, b) => a.px - b.px)) {
    const open = stretches.at(-1);
    if (open && px - open.to <= STRETCH_GAP_PX) {
      open.to = px;
      if (!open.text.split(" ").includes(text)) open.text += ` ${text}`;
    } else {
      stretches.push({ from: px, to: px, text });
    }
  }
  return stretches;
}
