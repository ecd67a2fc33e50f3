import { useMemo } from "preact/hooks";
import { Chart } from "../chart/chart.tsx";
import { type ChartTheme, readTheme, theme } from "../chart/theme.ts";
import type { Axis, Comparison } from "./address.ts";
import { Controls } from "./controls.tsx";
import { chartsCsv } from "./csv.ts";
import { type DrawnRun, drawSeries } from "./drawn-series.ts";
import { lookOf } from "./look.ts";
import type { RunSource } from "./run-source.ts";
import { type MatchedGroup, type MatchedSeries, matchSeries } from "./series-match.ts";

const LOSS_HEIGHT = 300;
const OTHER_HEIGHT = 160;

type CompareChartsProps = { sources: readonly RunSource[]; comparison: Comparison; onChange: (to: Partial<Comparison>) => void };

/** One chart a series, all runs in each. */
export function CompareCharts({ sources, comparison, onChange }: CompareChartsProps) {
  const colors = theme.value ?? readTheme();
  const version = sources.reduce((sum, source) => sum + source.drawn.value, 0);
  const runs = sources.map(drawnRun).filter((_, place) => sources[place]?.state.value.kind === "there");
  const names = runs.map(({ curves }) => [...curves.keys()]);
  const { loss, groups } = useMemo(() => matchSeries(names), [names.flat().join("\n"), runs.map(({ run }) => run).join()]);
  const axes = offered(sources);
  const axis = axes.includes(comparison.by) ? comparison.by : "step";
  const csv = () =>
    chartsCsv(
      [...(loss ? [loss] : []), ...groups.flatMap(({ series }) => series)].map(({ key, title, names: own }) => ({
        title: key === "loss" ? title : key,
        series: drawSeries(runs, own, axis, comparison.smoothing),
      })),
      axis,
      null,
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
    />
  );
  if (runs.length === 0) return null;
  return (
    <>
      <Controls comparison={comparison} axis={axis} offered={axes} onChange={onChange} csv={csv} />
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
};

function SeriesChart({ series, runs, axis, comparison, colors, version, height }: SeriesChartProps) {
  const { smoothing } = comparison;
  const drawn = useMemo(() => drawSeries(runs, series.names, axis, smoothing), [version, series, axis, smoothing, runs.length]);
  const lines = drawn.map(({ run, placed, values }) => ({
    name: run.name,
    color: lookOf(run.place, colors).color,
    width: 1.5,
    curve: { steps: placed.x, values },
  }));
  return <Chart label={series.title} lines={lines} version={version} height={height} />;
}
