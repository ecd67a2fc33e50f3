import type { Marker } from "../chart/markers.ts";
import { isTime, nearest, type PlotLine, placesOf, type XMode, type XRange } from "../chart/plot-line.ts";
import type { ChartTheme } from "../chart/theme.ts";
import type { CurveStore } from "../curves/curve-store.ts";
import type { StepRange } from "../curves/range-cache.ts";
import type { Trace } from "../curves/trace.ts";
import { lossName, otherGroups, shortName, smoothLossName, VALIDATION } from "../model/series.ts";
import type { Sample } from "../samples/sample.ts";
import type { Happening } from "./run-markers.ts";

/** One chart of the page. `key` is its own: a trainer may call a group of series as the page calls another chart. */
export type LineGroup = { key: string; title: string; lines: PlotLine[] };

/** With each round of the colours another one: lines of one colour are told apart, by colour-blind eyes too. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [9, 3, 2, 3]];

type Curves = Pick<CurveStore, "names" | "traces" | "progress" | "progressNames" | "validation" | "validationLabels">;

/** The loss as it was told, as the trainer smoothed it, and validation as rings. */
export function lossLines(curves: Curves, colors: ChartTheme): PlotLine[] {
  const names = curves.names();
  const metrics = lossName(names) !== null;
  const known = metrics ? names : curves.progressNames();
  const read = (name: string) => () => (metrics ? curves.traces(name) : curves.progress(name));
  const loss = lossName(known);
  const smooth = smoothLossName(known);
  const labels = names.filter((name) => name.startsWith(VALIDATION));
  const told = curves.validationLabels().filter((label) => !labels.includes(VALIDATION + label));
  return [
    ...(loss === null ? [] : [{ key: loss, name: loss, traces: read(loss) }]),
    ...(smooth === null ? [] : [{ key: smooth, name: "smoothed by the trainer", traces: read(smooth) }]),
    ...labels.map((key) => ({ key, name: `validation: ${key.slice(VALIDATION.length)}`, points: true, traces: () => curves.traces(key) })),
    ...told.map((label) => ({
      key: `validation_result ${label}`,
      name: label === "validation" ? label : `validation: ${label}`,
      points: true,
      traces: () => curves.validation(label),
    })),
  ].map((line, index) => ({ ...line, ...lookOf(index, colors) }));
}

/** Every other series, by what stands before its first slash. */
export function otherLines(curves: Curves, colors: ChartTheme): LineGroup[] {
  const groups = otherGroups(curves.names()).map(({ prefix, names }) => ({
    key: prefix,
    title: prefix,
    lines: names.map((key, index) => ({ key, name: shortName(key, prefix), traces: () => curves.traces(key), ...lookOf(index, colors) })),
  }));
  if (groups.length > 0 || !curves.progressNames().includes("learning_rate")) return groups;
  const line = { key: "learning_rate", name: "learning rate", traces: () => curves.progress("learning_rate"), ...lookOf(0, colors) };
  return [{ key: "/learning rate", title: "Learning rate", lines: [line] }];
}

function lookOf(index: number, { series, text }: ChartTheme): { color: string; dash: readonly number[] } {
  const round = Math.floor(index / series.length);
  return { color: series[index % series.length] ?? text, dash: DASHES[round % DASHES.length] ?? [] };
}

/** @returns the steps that a part of the axis has; null where it has none */
export function stepsWithin(lines: readonly PlotLine[], mode: XMode, range: XRange): StepRange | null {
  if (!isTime(mode)) return { from: Math.max(0, Math.floor(range.from)), to: Math.ceil(range.to) };
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const trace of lines.flatMap((line) => line.traces())) {
    for (const [index, place] of placesOf(trace, mode).entries()) {
      if (!(place >= range.from && place <= range.to)) continue;
      // A bucket begins behind the entry before it.
      from = Math.min(from, (trace.steps[index - 1] ?? -1) + 1);
      to = Math.max(to, trace.steps[index + 1] ?? trace.steps[index] ?? to);
    }
  }
  return from <= to ? { from, to } : null;
}

/** @returns everything that happened, at its place on the axis */
export function markersOf(
  { happenings, samples, lines }: { happenings: readonly Happening[]; samples: readonly Sample[]; lines: readonly PlotLine[] },
  mode: XMode,
): Marker[] {
  const told = [...happenings, ...samples.map(sampleHappening), ...restarts(lines)];
  const [clock] = lines;
  return told.flatMap(({ kind, step, time, text }) => {
    const x = isTime(mode) ? time : (step ?? (clock ? stepAt(clock, time) : null));
    return x !== null && Number.isFinite(x) ? [{ kind, x, text: step === null ? text : `${text} · step ${step}` }] : [];
  });
}

function sampleHappening({ step = null, timestamp, prompt }: Sample): Happening {
  return { kind: "sample", step, time: Date.parse(timestamp ?? ""), text: prompt ? `Sample: ${prompt.slice(0, 60)}` : "Sample" };
}

/** A life of the training after its first one. */
function restarts(lines: readonly PlotLine[]): Happening[] {
  const first = new Map<number, Trace>();
  for (const trace of lines.flatMap((line) => line.traces())) {
    const known = first.get(trace.segment);
    if (!known || (trace.steps[0] ?? 0) < (known.steps[0] ?? 0)) first.set(trace.segment, trace);
  }
  const lives = [...first.values()].sort((a, b) => a.segment - b.segment).slice(1);
  return lives.map(({ steps, times }) => ({ kind: "restart", step: steps[0] ?? null, time: times[0] ?? Number.NaN, text: "Resumed" }));
}

function stepAt(line: PlotLine, time: number): number | null {
  const place = nearest(line, "time", time);
  return place ? (place.trace.steps[place.index] ?? null) : null;
}
