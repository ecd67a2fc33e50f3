import { useMemo } from "preact/hooks";
import { Chart } from "../chart/chart.tsx";
import type { Line } from "../chart/lines.ts";
import { type ChartTheme, readTheme, theme } from "../chart/theme.ts";
import { type Curve, emptyCurve, smooth } from "../model/curve.ts";
import { isOver } from "../model/progress.ts";
import { lossName, otherGroups, shortName, smoothLossName } from "../model/series.ts";
import type { RunStore } from "./store.ts";

const LOSS_HEIGHT = 280;
const OTHER_HEIGHT = 150;
/** More lines than colours in one small chart cannot be told apart. */
const LINES_MAX = 6;

export function LossChart({ store }: { store: RunStore }) {
  const version = store.drawn.value;
  const colors = theme.value ?? readTheme();
  const { kind } = store.history.value;
  // The curves are changed in place, and `version` says so.
  const lines = useMemo(() => lossLines(store, colors), [version, colors, store]);
  return (
    <section class="panel area-loss" aria-label="Loss">
      <Chart label="Loss" lines={lines} version={version} height={LOSS_HEIGHT} />
      {lines[0]?.curve.steps.length === 0 && (
        <p class="overlay muted">{isOver(store.view.value) ? "This run told no loss." : "No loss yet. It appears with the first step."}</p>
      )}
      <p class="chart-note muted" role="status">
        {kind === "reading" && "Reading the earlier part of the run …"}
        {kind === "failed" && "The earlier part of the run could not be read; the curve begins later than the run."}
      </p>
    </section>
  );
}

export function OtherCharts({ store }: { store: RunStore }) {
  const version = store.drawn.value;
  const colors = theme.value ?? readTheme();
  const groups = otherGroups(store.metrics.names());
  const fallback = groups.length === 0 ? store.progress.get("learning_rate") : null;
  if (groups.length === 0 && fallback === null) return null;
  return (
    <section class="panel area-series" aria-label="Other series">
      {groups.map(({ prefix, names }) => (
        <Chart
          key={prefix}
          label={prefix}
          height={OTHER_HEIGHT}
          version={version}
          lines={names
            .slice(0, LINES_MAX)
            .map((name, index) =>
              line(
                names.length === 1 ? "value" : shortName(name, prefix),
                store.metrics.get(name),
                colors.series[index] ?? colors.text,
                1.5,
              ),
            )}
        />
      ))}
      {fallback && (
        <Chart
          label="Learning rate"
          height={OTHER_HEIGHT}
          version={version}
          lines={[line("value", fallback, colors.series[0] ?? colors.text, 1.5)]}
        />
      )}
    </section>
  );
}

/** Raw behind, smoothed before it, validation as rings. The trainer's own smoothing counts before one of ours. */
function lossLines(store: RunStore, colors: ChartTheme): Line[] {
  const source = lossName(store.metrics.names()) === null ? store.progress : store.metrics;
  const names = source.names();
  const raw = source.get(lossName(names) ?? "") ?? emptyCurve();
  const own = source.get(smoothLossName(names) ?? "");
  const smoothed = own ?? { steps: raw.steps, values: smooth(raw.values) };
  const lines = [line("raw", raw, colors.faint, 1), line("smoothed", smoothed, colors.series[0] ?? colors.text, 2)];
  for (const [index, label] of store.validation
    .names()
    .slice(0, LINES_MAX - 1)
    .entries()) {
    const color = colors.series[index + 1] ?? colors.text;
    lines.push({ ...line(label === "validation" ? label : `validation: ${label}`, store.validation.get(label), color, 1.5), points: true });
  }
  return lines;
}

function line(name: string, curve: Curve | null, color: string, width: number): Line {
  return { name, color, width, curve: curve ?? emptyCurve() };
}
