import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { Plot } from "../chart/plot.tsx";
import { spanOf } from "../chart/plot-canvas.ts";
import { smoothedTrace } from "../chart/smoothing.ts";
import { readTheme, theme } from "../chart/theme.ts";
import { download } from "../download.ts";
import type { Axis, Comparison } from "./address.ts";
import { MODES } from "./align.ts";
import { Controls } from "./controls.tsx";
import { tracesCsv } from "./csv.ts";
import { type DrawnRun, Plots } from "./plots.ts";
import type { RunSource } from "./run-source.ts";
import { type MatchedGroup, type MatchedSeries, matchSeries } from "./series-match.ts";

const LOSS_HEIGHT = 300;
const OTHER_HEIGHT = 160;
/** A zoom that is followed by another is not asked for. */
const LOOK_AFTER_MS = 200;
/** Of what is saved. */
const FILE_NAME = "comparison";

type CompareChartsProps = { sources: readonly RunSource[]; comparison: Comparison; onChange: (to: Partial<Comparison>) => void };

/** One plot a series, all runs in each. */
export function CompareCharts({ sources, comparison, onChange }: CompareChartsProps) {
  const [plots] = useState(() => new Plots());
  const { group } = plots;
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const runs = sources.map(drawnRun).filter((_, place) => sources[place]?.state.value.kind === "there");
  const names = runs.map(({ series }) => [...series.keys()]);
  const matched = useMemo(() => matchSeries(names), [names.map((of) => of.join("\n")).join("\n\n")]);
  const axes = offered(sources);
  const axis = axes.includes(comparison.by) ? comparison.by : "step";
  const { smoothing, logarithmic } = comparison;
  const series = [...(matched.loss ? [matched.loss] : []), ...matched.groups.flatMap((each) => each.series)];

  useLayoutEffect(() => {
    // A place on one axis is none on another.
    group.reset();
    group.cursor.value = null;
  }, [axis]);
  useLayoutEffect(() => group.set({ x: MODES[axis], smoothing, logarithmic }), [axis, smoothing, logarithmic]);
  useLayoutEffect(() => plots.update(runs, series, axis), [runs.map(({ run, revision }) => `${run} ${revision}`).join(), matched, axis]);
  const range = group.range.value;
  useEffect(() => {
    const looking = setTimeout(() => {
      for (const source of sources) source.look(axis, range);
    }, LOOK_AFTER_MS);
    return () => clearTimeout(looking);
  }, [axis, range, comparison.runs.join()]);
  if (runs.length === 0) return null;

  const plot = (each: MatchedSeries, height: number) => (
    <SeriesPlot
      key={each.key}
      plots={plots}
      series={each}
      runs={runs}
      axis={axis}
      comparison={comparison}
      height={height}
      hidden={hidden}
    />
  );
  return (
    <>
      <Controls
        comparison={comparison}
        axis={axis}
        offered={axes}
        onChange={onChange}
        onCsv={() => download(`${FILE_NAME}.csv`, new Blob([csvOf(plots, runs, series, axis)], { type: "text/csv;charset=utf-8" }))}
        {...(range === null ? {} : { onWhole: () => group.reset() })}
      />
      <section class="panel" aria-label="Loss">
        {matched.loss === null ? <p class="muted">No run has told a loss yet.</p> : plot(matched.loss, LOSS_HEIGHT)}
      </section>
      {others(matched.groups).map(({ prefix, series: members }) => (
        <section key={prefix} class="panel" aria-label={prefix}>
          <header>
            <h2>{prefix}</h2>
          </header>
          <div class="chart-grid">{members.map((each) => plot(each, OTHER_HEIGHT))}</div>
        </section>
      ))}
    </>
  );
}

/** A series that has no others of its prefix needs no panel of its own. */
function others(groups: readonly MatchedGroup[]): MatchedGroup[] {
  const alone = groups.filter(({ series }) => series.length === 1);
  const together = groups.filter(({ series }) => series.length > 1);
  if (alone.length === 0) return together;
  return [
    ...together,
    { prefix: "Other series", series: alone.flatMap(({ series }) => series.map((each) => ({ ...each, title: each.key }))) },
  ];
}

function drawnRun(source: RunSource, place: number): DrawnRun {
  const { run, name, series, timing } = source;
  return { run, name, place, revision: source.drawn.value, series, timing };
}

/** Where no run tells its times, or its epochs, an axis of them would be empty. */
function offered(sources: readonly RunSource[]): Axis[] {
  const times = sources.some(({ timing, curves }) => curves.segments.length > 0 && timing.lives.length > 0);
  const epochs = sources.some(({ timing }) => timing.stepsPerEpoch !== null);
  return ["step", ...(epochs ? (["epoch"] as const) : []), ...(times ? (["time", "clock"] as const) : [])];
}

function csvOf(plots: Plots, runs: readonly DrawnRun[], series: readonly MatchedSeries[], axis: Axis): string {
  const { smoothing } = plots.group.settings.peek();
  const colors = theme.value ?? readTheme();
  const traces = series.flatMap((each) => {
    const lines = plots.lines(each, runs, colors);
    const span = spanOf(lines);
    const title = each.key === "loss" ? each.title : each.key;
    return lines.flatMap(({ key, name, traces: own }) =>
      own().map((trace) => ({ run: key, name, series: title, trace, smoothed: smoothedTrace(trace, smoothing, span) })),
    );
  });
  return tracesCsv(traces, axis, plots.group.range.peek());
}

type SeriesPlotProps = {
  plots: Plots;
  series: MatchedSeries;
  runs: readonly DrawnRun[];
  axis: Axis;
  comparison: Comparison;
  height: number;
  hidden: { value: ReadonlySet<string> };
};

function SeriesPlot({ plots, series, runs, axis, comparison, height, hidden }: SeriesPlotProps) {
  const colors = theme.value ?? readTheme();
  const lines = useMemo(
    () => plots.lines(series, runs, colors),
    [series, runs.map(({ run, name }) => `${run} ${name}`).join("\n"), colors],
  );
  const base = lines.find(({ key }) => key === (comparison.base ?? comparison.runs[0]));
  return (
    <Plot
      title={series.title}
      lines={lines}
      version={plots.version}
      group={plots.group}
      height={height}
      markers={NONE}
      hidden={hidden.value}
      onHidden={(keys) => {
        hidden.value = keys;
      }}
      fileName={FILE_NAME}
      about={(line, x) => plots.against(line, base, x, axis, spanOf(lines))}
    />
  );
}

const NONE: readonly never[] = [];
