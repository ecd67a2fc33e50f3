import type uPlot from "uplot";
import { figure } from "../time/format.ts";
import type { Line, Mark } from "./lines.ts";
import type { ChartTheme } from "./theme.ts";

/** What a drawn chart asks its owner for, or tells it. */
export type ChartPort = {
  marks(): readonly Mark[];
  /** The step under the pointer, as a row of the data, and where it is; null when it left. */
  onCursor(row: number | null, pointer: Pointer | null): void;
  onZoom(range: Range): void;
};

/** The pointer over a chart: the place on its axis, and pixels from the chart's left and top edge, of `width`. */
export type Pointer = { x: number; left: number; top: number; width: number };

/** A part of the x axis. */
export type Range = { from: number; to: number };

/** What a chart of another axis than steps says at its ticks, and how far they may be apart; `sync`: charts of one name share their pointer. */
export type XAxis = { tick?: (x: number) => string; increments?: readonly number[]; sync?: string };

const AXIS_WIDTH = 52;
/** Clock times are longer than figures. Least pixels from tick to tick. */
const TICK_SPACE = 76;
/** Steps are whole. */
const STEP_INCREMENTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6];

export function chartOptions(
  size: { width: number; height: number },
  lines: readonly Line[],
  theme: ChartTheme,
  logarithmic: boolean,
  port: ChartPort,
  { tick: xTick, increments = STEP_INCREMENTS, sync }: XAxis = {},
): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: theme.text,
    font: theme.font,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { stroke: theme.grid, width: 1, size: 4 },
  };
  return {
    ...size,
    legend: { show: false },
    // The last label of the axis stands half beyond its end.
    padding: [8, 20, 0, 0],
    cursor: {
      points: { size: 6 },
      y: false,
      drag: { x: true, y: false, setScale: false },
      ...(sync === undefined
        ? {}
        : {
            sync: {
              key: sync,
              setSeries: false,
              scales: ["x", null],
              filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
            },
          }),
    },
    scales: { x: { time: false }, y: logarithmic ? { distr: 3 } : {} },
    axes: [
      {
        ...axis,
        size: 28,
        gap: 3,
        incrs: [...increments],
        ...(xTick === undefined ? {} : { space: TICK_SPACE, values: (_, splits) => splits.map(xTick) }),
      },
      { ...axis, size: AXIS_WIDTH, gap: 4, values: (_, splits) => splits.map((value) => (value === null ? "" : tick(value))) },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line))],
    hooks: {
      setCursor: [(chart) => port.onCursor(chart.cursor.idx ?? null, pointerOf(chart))],
      setSelect: [
        (chart) => {
          const { left, width } = chart.select;
          if (width > 0) port.onZoom({ from: chart.posToVal(left, "x"), to: chart.posToVal(left + width, "x") });
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      draw: [(chart) => drawMarks(chart, port.marks(), theme)],
    },
  };
}

/** @returns null where the pointer is elsewhere: over another chart that shares it, too */
function pointerOf(chart: uPlot): Pointer | null {
  const { left = -1, top = -1, event } = chart.cursor;
  if (left < 0 || !event || event.target !== chart.over) return null;
  const over = { left: chart.over.offsetLeft, top: chart.over.offsetTop };
  return { x: chart.posToVal(left, "x"), left: left + over.left, top: top + over.top, width: chart.width };
}

function seriesOf(line: Line): uPlot.Series {
  return {
    label: line.name,
    stroke: line.color,
    width: line.points ? 0 : line.width,
    spanGaps: false,
    ...(line.dash === undefined || line.dash.length === 0 ? {} : { dash: [...line.dash] }),
    points: line.points ? { show: true, size: 7, width: 2, stroke: line.color } : { show: (_, __, from, to) => to - from < 2 },
  };
}

/** Short enough for the axis: `0.02`, `2e-4`, `1200`. */
function tick(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  return size < 0.001 || size >= 1e5 ? value.toExponential(1).replace(".0e", "e") : String(Number(value.toPrecision(4)));
}

/** A NaN has no height: it is a line over the whole height, where it happened. */
function drawMarks(chart: uPlot, marks: readonly Mark[], theme: ChartTheme): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.strokeStyle = theme.bad;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.fillStyle = theme.bad;
  ctx.font = scaled(theme.font);
  ctx.textBaseline = "top";
  for (const { step, text } of marks) {
    const x = Math.round(chart.valToPos(step, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const nearEdge = x > bbox.left + bbox.width - 40 * devicePixelRatio;
    ctx.textAlign = nearEdge ? "right" : "left";
    ctx.fillText(text, x + (nearEdge ? -4 : 4) * devicePixelRatio, bbox.top + 2 * devicePixelRatio);
  }
  ctx.restore();
}

function scaled(font: string): string {
  return font.replace(/^(\d+)px/, (_, size: string) => `${Number(size) * devicePixelRatio}px`);
}

/** @returns the value of a line at a row of the chart's columns: the nearest one at or before it */
export function valueAt(column: readonly (number | null | undefined)[] | undefined, row: number | null): string {
  if (!column) return "–";
  for (let index = row ?? column.length - 1; index >= 0; index -= 1) {
    const value = column[index];
    if (value === null) return "NaN";
    if (value !== undefined) return figure(value);
  }
  return "–";
}
