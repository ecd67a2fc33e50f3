import { untracked } from "@preact/signals";
import uPlot from "uplot";
import { decimate, drawable, heightOf } from "./decimate.ts";
import { clusterMarkers, findOdd, type Marker, type MarkerCluster, stretchesOf } from "./markers.ts";
import { type PaintedLine, paintLines, paintMarkers, paintStretches } from "./paint.ts";
import type { PlotGroup } from "./plot-group.ts";
import { type PlotLine, placesOf } from "./plot-line.ts";
import { smoothedTrace } from "./smoothing.ts";
import type { ChartTheme } from "./theme.ts";
import { tickTexts, xTicks } from "./x-ticks.ts";

const AXIS_WIDTH = 52;
const X_AXIS_HEIGHT = 24;
/** Above and below the lines of a logarithmic scale, as a part of their height. */
const LOG_MARGIN = 0.06;

export type PlotSource = { lines: () => readonly PlotLine[]; markers: () => readonly Marker[] };

/**
 * The drawn part of a plot. uPlot has the scales, the axes and the grid; the lines are drawn from columns of pixels, so that a frame costs as
 * much as the screen is wide, and no more for a million steps.
 */
export class PlotCanvas {
  readonly chart: uPlot;
  readonly #source: PlotSource;
  readonly #group: PlotGroup;
  #height: [low: number, high: number];
  #painted: PaintedLine[] = [];
  #stretches: ReturnType<typeof stretchesOf> = [];
  clusters: readonly MarkerCluster[] = [];

  constructor(host: HTMLElement, size: { width: number; height: number }, group: PlotGroup, source: PlotSource, theme: ChartTheme) {
    this.#source = source;
    this.#group = group;
    const axis: uPlot.Axis = {
      stroke: theme.text,
      font: theme.font,
      grid: { stroke: theme.grid, width: 1 },
      ticks: { stroke: theme.grid, width: 1, size: 4 },
    };
    const { logarithmic } = group.settings.peek();
    this.#height = heightRange(Number.NaN, Number.NaN, logarithmic);
    const options: uPlot.Options = {
      ...size,
      legend: { show: false },
      cursor: { show: false },
      select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      // The last label of the axis stands half beyond its end.
      padding: [8, 20, 0, 0],
      scales: {
        x: { time: false, range: () => this.#xRange() },
        y: { ...(logarithmic ? { distr: 3 as const } : {}), range: () => this.#height },
      },
      axes: [
        {
          ...axis,
          size: X_AXIS_HEIGHT,
          gap: 3,
          splits: (chart, _, from, to) => this.#xTicks({ from, to }, chart.over.clientWidth || size.width - AXIS_WIDTH),
          values: (_, splits) =>
            tickTexts(
              untracked(() => group.x()),
              splits,
              group.origin.peek(),
            ),
        },
        {
          ...axis,
          size: AXIS_WIDTH,
          gap: 4,
          values: (_, splits) => splits.map((value) => (value === null ? "" : tick(value))),
        },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        drawAxes: [(chart) => paintMarkers(chart, this.clusters, theme)],
        draw: [
          (chart) => {
            paintLines(chart, this.#painted);
            paintStretches(chart, this.#stretches, theme);
          },
        ],
      },
    };
    this.chart = new uPlot(
      options,
      [
        [0, 1],
        [null, null],
      ],
      host,
    );
  }

  /** Reads lines and markers anew and draws them. */
  draw(): void {
    const group = this.#group;
    const { smoothing, logarithmic, markers } = group.settings.peek();
    const x = untracked(() => group.x());
    const width = this.chart.over.clientWidth;
    if (width === 0) return;
    const view = { ...group.view(), width };
    const span = spanOf(this.#source.lines());
    const odd: { px: number; text: string }[] = [];
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    this.#painted = this.#source.lines().map((line) => {
      const traces = line.traces();
      const lives = traces.map((trace, index) => {
        const places = placesOf(trace, x);
        const raw = decimate(places, trace, view);
        const isSmooth = smoothing > 0 && !line.points;
        const smooth = isSmooth ? decimate(places, sameValues(smoothedTrace(trace, smoothing, span)), view) : null;
        const height = heightOf(raw, width, logarithmic);
        if (height) [low, high] = [Math.min(low, height[0]), Math.max(high, height[1])];
        odd.push(...findOdd(places, trace, view));
        const over = Math.min(...traces.slice(index + 1).map((later) => placesOf(later, x)[0] ?? Number.POSITIVE_INFINITY));
        return { raw: drawable(raw, logarithmic), smooth: smooth && drawable(smooth, logarithmic), overFrom: pixelOf(over, view) };
      });
      return { color: line.color, dash: line.dash, points: line.points ?? false, lives };
    });
    this.#height = heightRange(low, high, logarithmic);
    this.#stretches = stretchesOf(odd);
    this.clusters = markers ? clusterMarkers(this.#source.markers(), view) : [];
    this.chart.setData([[view.from, view.to], [...this.#height]]);
  }

  /** @returns CSS pixels from the plot's top edge */
  yOf(value: number): number {
    return this.chart.valToPos(value, "y");
  }

  resize(size: { width: number; height: number }): void {
    this.chart.setSize(size);
  }

  destroy(): void {
    this.chart.destroy();
  }

  #xRange(): [number, number] {
    const { from, to } = this.#group.view();
    return [from, to];
  }

  #xTicks(range: { from: number; to: number }, width: number): number[] {
    return xTicks(
      untracked(() => this.#group.x()),
      range,
      width,
      this.#group.origin.peek(),
    );
  }
}

function sameValues(values: readonly number[]) {
  return { min: values, max: values, last: values };
}

/** In steps, over all lines: what smoothing measures density by. */
export function spanOf(lines: readonly PlotLine[]): number {
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const line of lines) {
    for (const { steps } of line.traces()) {
      from = Math.min(from, steps[0] ?? from);
      to = Math.max(to, steps.at(-1) ?? to);
    }
  }
  return to > from ? to - from : 0;
}

function pixelOf(place: number, { from, to, width }: { from: number; to: number; width: number }): number {
  return Number.isFinite(place) ? ((place - from) / (to - from)) * width : Number.POSITIVE_INFINITY;
}

function heightRange(low: number, high: number, logarithmic: boolean): [number, number] {
  if (!(low <= high)) return logarithmic ? [0.1, 1] : [0, 1];
  if (logarithmic) {
    const margin = Math.max(high / low, 1.5) ** LOG_MARGIN;
    return [low / margin, high * margin];
  }
  const [from, to] = uPlot.rangeNum(low, high, 0.1, true);
  return [from ?? low, to ?? high];
}

/** Short enough for the axis: `0.02`, `2e-4`, `1200`. */
function tick(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  return size < 0.001 || size >= 1e5 ? value.toExponential(1).replace(".0e", "e") : String(Number(value.toPrecision(4)));
}
