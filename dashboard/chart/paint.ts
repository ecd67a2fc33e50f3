import type uPlot from "uplot";
import type { PixelColumns } from "./decimate.ts";
import type { MarkerCluster, MarkerKind, Stretch } from "./markers.ts";
import type { ChartTheme } from "./theme.ts";

/** One life of a line, ready to be drawn. `overFrom`: from this pixel on a later life went over it again; Infinity: nowhere. */
export type PaintedLife = { raw: PixelColumns; smooth: PixelColumns | null; overFrom: number };
export type PaintedLine = { color: string; dash: readonly number[]; points: boolean; lives: readonly PaintedLife[] };

/** Of what was told, behind what is smoothed of it; and of a life that another one went over. */
const BEHIND_ALPHA = 0.24;
const OVERTAKEN_ALPHA = 0.45;
const OVERTAKEN_DASH = [2, 3];
const LINE_WIDTH = 1.75;
const RING_RADIUS = 3.5;
/** Of the row in which markers stand, in CSS pixels from the plot's top. */
const MARKER_Y = 7;

type Painter = { ctx: CanvasRenderingContext2D; left: number; ratio: number; yOf: (value: number) => number };

/** Draws all lines: first what was told, faintly, then what is smoothed; of each the older lives first. */
export function paintLines(chart: uPlot, lines: readonly PaintedLine[]): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  const painter: Painter = { ctx, left: bbox.left, ratio, yOf: heightsOf(chart) };
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  // Round joins cost as much again where there are thousands.
  ctx.lineJoin = "bevel";
  for (const line of lines) {
    if (line.points) for (const life of line.lives) paintRings(painter, life.raw, line);
    else for (const life of line.lives) if (life.smooth) paintLife(painter, life.raw, line, life.overFrom, BEHIND_ALPHA, 1);
  }
  for (const line of lines) {
    if (line.points) continue;
    for (const { raw, smooth, overFrom } of line.lives) paintLife(painter, smooth ?? raw, line, overFrom, 1, LINE_WIDTH);
  }
  ctx.restore();
}

/** What `valToPos` says, a hundred thousand times a frame. */
function heightsOf(chart: uPlot): (value: number) => number {
  const { min, max, distr } = chart.scales.y ?? {};
  const [low, high] = [min ?? 0, max ?? 1];
  const scale = distr === 3 ? Math.log10 : (value: number) => value;
  const bottom = chart.valToPos(low, "y", true);
  const perUnit = (chart.valToPos(high, "y", true) - bottom) / (scale(high) - scale(low));
  return (value) => bottom + (scale(value) - scale(low)) * perUnit;
}

/** In two strokes where a later life went over the end of this one. */
function paintLife(painter: Painter, columns: PixelColumns, line: PaintedLine, overFrom: number, alpha: number, width: number): void {
  const { ctx, ratio } = painter;
  ctx.strokeStyle = line.color;
  ctx.fillStyle = line.color;
  ctx.lineWidth = width * ratio;
  let split = 0;
  while (split < columns.count && (columns.px[split] ?? 0) < overFrom) split += 1;
  ctx.globalAlpha = alpha;
  ctx.setLineDash(line.dash.map((length) => length * ratio));
  // Up to the first pixel behind the split, so that no gap shows.
  stroke(painter, columns, 0, Math.min(split + 1, columns.count));
  if (split >= columns.count) return;
  ctx.globalAlpha = alpha * OVERTAKEN_ALPHA;
  ctx.setLineDash(OVERTAKEN_DASH.map((length) => length * ratio));
  stroke(painter, columns, split, columns.count);
}

/** One pen all the way: a dash goes on through the strokes up and down. */
function stroke({ ctx, left, ratio, yOf }: Painter, columns: PixelColumns, from: number, to: number): void {
  const dots: [x: number, y: number][] = [];
  let down = false;
  const point = (x: number, y: number) => {
    if (down) ctx.lineTo(x, y);
    else ctx.moveTo(x, y);
    down = true;
  };
  ctx.beginPath();
  for (let at = from; at < to; at += 1) {
    const x = left + (columns.px[at] ?? 0) * ratio;
    const begin = yOf(columns.first[at] ?? Number.NaN);
    const low = yOf(columns.min[at] ?? Number.NaN);
    const high = yOf(columns.max[at] ?? Number.NaN);
    const end = yOf(columns.last[at] ?? Number.NaN);
    const alone = !(down && Number.isFinite(begin));
    // Within a pixel a line up and down shows nothing that the line itself does not.
    const isFlat = Math.abs(low - high) <= ratio && Number.isFinite(end);
    if (!isFlat) {
      if (Number.isFinite(begin)) point(x, begin);
      if (Number.isFinite(low)) point(x, low);
      if (Number.isFinite(high)) point(x, high);
    }
    if (Number.isFinite(end)) point(x, end);
    down = Number.isFinite(end);
    // A point that stands alone is a dot: a line of no length shows nothing.
    const next = at + 1 < to && Number.isFinite(yOf(columns.first[at + 1] ?? Number.NaN));
    if (alone && down && isFlat && !next) dots.push([x, end]);
  }
  ctx.stroke();
  ctx.beginPath();
  for (const [x, y] of dots) {
    ctx.moveTo(x, y);
    ctx.arc(x, y, 2 * ratio, 0, 2 * Math.PI);
  }
  ctx.fill();
}

function paintRings({ ctx, left, ratio, yOf }: Painter, columns: PixelColumns, line: PaintedLine): void {
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
  ctx.strokeStyle = line.color;
  ctx.lineWidth = 2 * ratio;
  ctx.beginPath();
  for (let at = 0; at < columns.count; at += 1) {
    const x = left + (columns.px[at] ?? 0) * ratio;
    for (const value of new Set([columns.min[at], columns.max[at], columns.last[at]])) {
      const y = yOf(value ?? Number.NaN);
      if (!Number.isFinite(y)) continue;
      ctx.moveTo(x + RING_RADIUS * ratio, y);
      ctx.arc(x, y, RING_RADIUS * ratio, 0, 2 * Math.PI);
    }
  }
  ctx.stroke();
}

/** EV2: a NaN has no height: it is a stretch over the whole height, where it happened. */
export function paintStretches(chart: uPlot, stretches: readonly Stretch[], theme: ChartTheme): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = theme.bad;
  ctx.fillStyle = theme.bad;
  ctx.lineWidth = ratio;
  ctx.font = scaled(theme.font, ratio);
  ctx.textBaseline = "bottom";
  ctx.textAlign = "left";
  let free = Number.NEGATIVE_INFINITY;
  for (const { from, to, text } of stretches) {
    const [x, end] = [bbox.left + Math.max(from, 0) * ratio, bbox.left + Math.min(to * ratio, bbox.width)];
    ctx.globalAlpha = 0.12;
    ctx.fillRect(x, bbox.top, Math.max(end - x, ratio), bbox.height);
    ctx.globalAlpha = 1;
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.beginPath();
    for (const edge of end - x > 2 * ratio ? [x, end] : [x]) {
      ctx.moveTo(Math.round(edge), bbox.top);
      ctx.lineTo(Math.round(edge), bbox.top + bbox.height);
    }
    ctx.stroke();
    const width = ctx.measureText(text).width;
    const left = Math.min(x + 4 * ratio, bbox.left + bbox.width - width - 2 * ratio);
    // A text on another could be read by nobody.
    if (left < free) continue;
    ctx.fillText(text, left, bbox.top + bbox.height - 3 * ratio);
    free = left + width + 6 * ratio;
  }
  ctx.restore();
}

/** Markers as small signs in a row at the top, with a thin line down. */
export function paintMarkers(chart: uPlot, clusters: readonly MarkerCluster[], theme: ChartTheme): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = ratio;
  ctx.font = scaled(theme.font, ratio);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  for (const { px, kind, markers } of clusters) {
    const x = Math.round(bbox.left + px * ratio);
    const y = bbox.top + MARKER_Y * ratio;
    ctx.strokeStyle = theme.text;
    ctx.fillStyle = kind === "sample" ? theme.ground : theme.text;
    ctx.globalAlpha = kind === "restart" ? 0.8 : 0.3;
    ctx.setLineDash(kind === "restart" ? [] : [2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    signOf(ctx, kind, x, y, 4 * ratio);
    ctx.fill();
    ctx.stroke();
    ctx.fillStyle = theme.text;
    if (markers.length > 1) ctx.fillText(String(markers.length), x + 6 * ratio, y);
  }
  ctx.restore();
}

function signOf(ctx: CanvasRenderingContext2D, kind: MarkerKind, x: number, y: number, size: number): void {
  ctx.beginPath();
  switch (kind) {
    case "sample":
      ctx.rect(x - size * 0.8, y - size * 0.8, size * 1.6, size * 1.6);
      return;
    case "save":
      ctx.moveTo(x - size, y - size * 0.8);
      ctx.lineTo(x + size, y - size * 0.8);
      ctx.lineTo(x, y + size);
      break;
    case "command":
      ctx.moveTo(x, y - size);
      ctx.lineTo(x + size, y);
      ctx.lineTo(x, y + size);
      ctx.lineTo(x - size, y);
      break;
    case "restart":
      ctx.arc(x, y, size * 0.9, 0, 2 * Math.PI);
      return;
  }
  ctx.closePath();
}

/** A canvas counts its own pixels. */
export function scaled(font: string, ratio: number): string {
  return font.replace(/^(\d+)px/, (_, size: string) => `${Number(size) * ratio}px`);
}
