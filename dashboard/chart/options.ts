import type uPlot from "uplot";
import { figure } from "../time/format.ts";
import type { Line, Mark } from "./lines.ts";
import type { ChartTheme } from "./theme.ts";

/** What a drawn chart asks its owner for, or tells it. */
export type ChartPort = {
  marks(): readonly Mark[];
  /** The step under the pointer, as a row of the data; null when it left. */
  onCursor(row: number | null): void;
  onZoom(): void;
};

const AXIS_WIDTH = 52;

export function chartOptions(
  size: { width: number; height: number },
  lines: readonly Line[],
  theme: ChartTheme,
  logarithmic: boolean,
  port: ChartPort,
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
    cursor: { points: { size: 6 }, y: false, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: logarithmic ? { distr: 3 } : {} },
    axes: [
      { ...axis, size: 28, gap: 3, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6] },
      { ...axis, size: AXIS_WIDTH, gap: 4, values: (_, splits) => splits.map((value) => (value === null ? "" : tick(value))) },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line))],
    hooks: {
      setCursor: [(chart) => port.onCursor(chart.cursor.idx ?? null)],
      setSelect: [(chart) => chart.select.width > 0 && port.onZoom()],
      draw: [(chart) => drawMarks(chart, port.marks(), theme)],
    },
  };
}

function seriesOf(line: Line): uPlot.Series {
  return {
    label: line.name,
    stroke: line.color,
    width: line.points ? 0 : line.width,
    spanGaps: false,
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
