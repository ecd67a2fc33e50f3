import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Chart, type Shared } from "../chart/chart.tsx";
import type { Line } from "../chart/lines.ts";
import type { Range, XAxis } from "../chart/options.ts";
import { type ChartTheme, readTheme, theme } from "../chart/theme.ts";
import type { Axis, Comparison } from "./address.ts";
import { Controls } from "./controls.tsx";
import { chartsCsv } from "./csv.ts";
import { type DrawnRun, type DrawnSeries, drawSeries, underPointer, zigzag } from "./drawn-series.ts";
import { lookOf } from "./look.ts";
import type { RunSource } from "./run-source.ts";
import { type MatchedGroup, type MatchedSeries, matchSeries } from "./series-match.ts";
import { SECOND_INCREMENTS, tickText } from "./texts.ts";
import { UnderPointerTable } from "./under-pointer.tsx";

const LOSS_HEIGHT = 300;
const OTHER_HEIGHT = 160;
/** A zoom that is followed by another is not asked for. */
const LOOK_AFTER_MS = 200;
const EPOCH_INCREMENTS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

type CompareChartsProps = { sources: readonly RunSource[]; comparison: Comparison; onChange: (to: Partial<Comparison>) => void };

/** One chart a series, all runs in each. */
export function CompareCharts({ sources, comparison, onChange }: CompareChartsProps) {
  const colors = theme.value ?? readTheme();
  const version = sources.reduce((sum, source) => sum + source.drawn.value, 0);
  const runs = sources.map(drawnRun).filter((_, place) => sources[place]?.state.value.kind === "there");
  const names = runs.map(({ curves }) => [...curves.keys()]);
  const { loss, groups } = useMemo(() => matchSeries(names), [names.map((of) => of.join("\n")).join("\n\n")]);
  const axes = offered(sources);
  const axis = axes.includes(comparison.by) ? comparison.by : "step";
  const range = useSignal<Range | null>(null);
  // Another axis is another range.
  useEffect(() => {
    range.value = null;
  }, [axis]);
  useEffect(() => {
    const looking = setTimeout(() => {
      for (const source of sources) source.look(axis, range.value);
    }, LOOK_AFTER_MS);
    return () => clearTimeout(looking);
  }, [axis, range.value, comparison.runs.join()]);
  const xAxis = useMemo(() => xAxisOf(axis), [axis]);
  const shared = {
    axis: xAxis,
    logarithmic: comparison.logarithmic,
    range: range.value,
    onRange: (to: Range | null) => {
      range.value = to;
    },
  };
  const csv = () =>
    chartsCsv(
      [...(loss ? [loss] : []), ...groups.flatMap(({ series }) => series)].map(({ key, title, names: own }) => ({
        title: key === "loss" ? title : key,
        series: drawSeries(runs, own, axis, comparison.smoothing),
      })),
      axis,
      range.value,
    );
  const chart = (series: MatchedSeries, height: number) => (
    <SeriesChart
      key={series.key}
      series={series}
      runs={runs}
      axis={axis}
      comparison={comparison}
      colors={colors}
      version={version}
      height={height}
      shared={shared}
    />
  );
  if (runs.length === 0) return null;
  return (
    <>
      <Controls
        comparison={comparison}
        axis={axis}
        offered={axes}
        onChange={onChange}
        csv={csv}
        {...(range.value === null ? {} : { onWhole: () => shared.onRange(null) })}
      />
      {loss === null ? (
        <section class="panel" aria-label="Loss">
          <p class="muted">No run has told a series yet.</p>
        </section>
      ) : (
        <section class="panel" aria-label="Loss">
          {chart(loss, LOSS_HEIGHT)}
        </section>
      )}
      {others(groups).map(({ prefix, series }) => (
        <section key={prefix} class="panel" aria-label={prefix}>
          <header>
            <h2>{prefix}</h2>
          </header>
          <div class="chart-grid">{series.map((each) => chart(each, OTHER_HEIGHT))}</div>
        </section>
      ))}
    </>
  );
}

/** A series that has no others of its prefix needs no panel of its own. */
function others(groups: readonly MatchedGroup[]): MatchedGroup[] {
  const alone = groups
    .filter(({ series }) => series.length === 1)
    .flatMap(({ series }) => series.map((each) => ({ ...each, title: each.key })));
  const together = groups.filter(({ series }) => series.length > 1);
  return alone.length === 0 ? together : [...together, { prefix: "Other series", series: alone }];
}

function xAxisOf(axis: Axis): XAxis {
  const tick = (x: number) => tickText(axis, x);
  switch (axis) {
    case "step":
      return { sync: "compare" };
    case "epoch":
      return { sync: "compare", tick, increments: EPOCH_INCREMENTS };
    case "time":
    case "clock":
      return { sync: "compare", tick, increments: SECOND_INCREMENTS };
  }
}

function drawnRun(source: RunSource, place: number): DrawnRun {
  const { run, name, curves, timing } = source;
  return { run, name, place, curves: curves.shown, timing };
}

/** Where no run tells its times, or its epochs, an axis of them would be empty. */
function offered(sources: readonly RunSource[]): Axis[] {
  const times = sources.some(({ curves }) => curves.hasTimes);
  const epochs = sources.some(({ timing }) => timing.stepsPerEpoch !== null);
  return ["step", ...(epochs ? (["epoch"] as const) : []), ...(times ? (["time", "clock"] as const) : [])];
}

type SeriesChartProps = {
  series: MatchedSeries;
  runs: readonly DrawnRun[];
  axis: Axis;
  comparison: Comparison;
  colors: ChartTheme;
  version: number;
  height: number;
  shared: Omit<Shared, "about">;
};

function SeriesChart({ series, runs, axis, comparison, colors, version, height, shared }: SeriesChartProps) {
  const { smoothing } = comparison;
  const base = comparison.base ?? comparison.runs[0] ?? null;
  const which = runs.map(({ run }) => run).join();
  // The curves are changed in place, and `version` says so.
  const drawn = useMemo(() => drawSeries(runs, series.names, axis, smoothing), [version, series, axis, smoothing, which]);
  const lines = useMemo(() => linesOf(drawn, smoothing, colors), [drawn, smoothing, colors]);
  const about = (x: number) => <UnderPointerTable axis={axis} x={x} told={underPointer(drawn, base, x)} colors={colors} />;
  return <Chart label={series.title} lines={lines} version={version} height={height} shared={{ ...shared, about }} />;
}

/** What was told, faintly, behind what is smoothed of it. */
function linesOf(drawn: readonly DrawnSeries[], smoothing: number, colors: ChartTheme): Line[] {
  const raw = drawn.map(({ run, placed }) => ({
    name: `${run.name}, as told`,
    color: faint(lookOf(run.place, colors).color),
    width: 1,
    quiet: true,
    curve: zigzag(placed),
  }));
  const clear = drawn.map(({ run, placed, values }) => {
    const { color, dash } = lookOf(run.place, colors);
    return { name: run.name, color, dash, width: 2, curve: smoothing === 0 ? zigzag(placed) : { steps: placed.x, values } };
  });
  return smoothing === 0 ? clear : [...raw, ...clear];
}

/** @returns a colour of the style sheet, `#rrggbb`, that lets others through */
function faint(color: string): string {
  return /^#[0-9a-f]{6}$/i.test(color) ? `${color}38` : color;
}
