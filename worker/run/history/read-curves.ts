import { HISTORY_ANSWER_POINTS, type RunMetrics, SERIES_PER_RUN } from "../../../protocol/index.ts";
import type { Line } from "../log/line.ts";
import { Curve, fitsSummaries, gridOver } from "./curve.ts";
import { eachPoint } from "./points.ts";
import { isSparse, type Part, readBuckets, readHead, readPoints } from "./segment.ts";

/** `GET /api/runs/:run/metrics`. `keys`: null for every series. `from` and `to` are global steps, both included; null for the ends. */
export type CurveQuery = { keys: string[] | null; points: number; from: number | null; to: number | null };

/** Sealed segments in the order of the log, read one at a time: a run's are more than the memory of a room. */
export type SegmentSource = {
  heads(): Iterable<{ id: number; head: string }>;
  summary(id: number): Float64Array;
  points(id: number): Float64Array;
};

type Range = { from: number; to: number };
type Open = { steps: number[]; values: number[] };
/** What is known of a series before its points are read: how many there are at least, and where they begin and end at most. */
type Outline = { least: number; lo: number; hi: number };
type Planned = { curve: Curve; summaries: boolean };

/**
 * Reads the segments' heads, then for each series the summaries or the points, whichever its buckets need: of a million steps some hundred summaries.
 * @param open the log after the last segment
 */
export function readCurves(source: SegmentSource, open: Iterable<Line>, query: CurveQuery): RunMetrics {
  const range = { from: query.from ?? Number.NEGATIVE_INFINITY, to: query.to ?? Number.POSITIVE_INFINITY };
  const wanted = query.keys && new Set(query.keys);
  const outlines = new Map<string, Outline>();
  for (const { head } of source.heads()) for (const part of readHead(head)) outlinePart(outlines, wanted, part, range);
  const rest = openPoints(open, wanted, range);
  for (const [name, points] of rest) outlineOpen(outlines, name, points);

  const curves = plan(outlines, query.points);
  for (const { id, head } of source.heads()) readSegment(source, id, readHead(head), curves, range);
  for (const [name, { steps, values }] of rest) {
    const planned = curves.get(name);
    for (const [index, step] of steps.entries()) planned?.curve.addPoint(step, values[index] ?? Number.NaN);
  }
  const shown = [...curves].filter(([, { curve }]) => !curve.isEmpty);
  return { series: Object.fromEntries(shown.map(([name, { curve }]) => [name, curve.read()])) };
}

/** Each series gets what was asked for, or its share of what one answer may hold. */
function plan(outlines: ReadonlyMap<string, Outline>, asked: number): Map<string, Planned> {
  const points = Math.min(asked, Math.floor(HISTORY_ANSWER_POINTS / Math.max(outlines.size, 1)));
  return new Map(
    [...outlines].map(([name, { least, lo, hi }]) => {
      const grid = gridOver(lo, hi, points);
      const many = least > points;
      return [name, { curve: new Curve(points, grid, many), summaries: many && fitsSummaries(grid) }];
    }),
  );
}

function readSegment(source: SegmentSource, id: number, parts: readonly Part[], curves: ReadonlyMap<string, Planned>, range: Range): void {
  let summary: Float64Array | null = null;
  let points: Float64Array | null = null;
  for (const part of parts) {
    const planned = curves.get(part.name);
    if (!planned || !meets(part, range)) continue;
    if (isWithin(part, range) && (planned.summaries || isSparse(part))) {
      summary ??= source.summary(id);
      for (const bucket of readBuckets(summary, part)) planned.curve.add(bucket);
    } else {
      points ??= source.points(id);
      const { steps, values } = readPoints(points, part);
      for (const [index, step] of steps.entries()) {
        if (step >= range.from && step <= range.to) planned.curve.addPoint(step, values[index] ?? Number.NaN);
      }
    }
  }
}

function outlinePart(outlines: Map<string, Outline>, wanted: ReadonlySet<string> | null, part: Part, range: Range): void {
  if ((wanted && !wanted.has(part.name)) || !meets(part, range)) return;
  const ends = { lo: Math.max(part.lo, range.from), hi: Math.min(part.hi, range.to) };
  outline(outlines, part.name, { least: isWithin(part, range) ? part.count : 0, ...ends });
}

function outlineOpen(outlines: Map<string, Outline>, name: string, { steps }: Open): void {
  for (const step of steps) outline(outlines, name, { least: 1, lo: step, hi: step });
}

/** A run that has more series than one may have is answered with the first. */
function outline(outlines: Map<string, Outline>, name: string, more: Outline): void {
  const known = outlines.get(name);
  if (known) {
    known.least += more.least;
    known.lo = Math.min(known.lo, more.lo);
    known.hi = Math.max(known.hi, more.hi);
  } else if (outlines.size < SERIES_PER_RUN) {
    outlines.set(name, more);
  }
}

function openPoints(lines: Iterable<Line>, wanted: ReadonlySet<string> | null, range: Range): Map<string, Open> {
  const open = new Map<string, Open>();
  const take = (name: string, step: number, value: number): void => {
    if ((wanted && !wanted.has(name)) || step < range.from || step > range.to) return;
    const known = open.get(name);
    if (known) {
      known.steps.push(step);
      known.values.push(value);
    } else {
      open.set(name, { steps: [step], values: [value] });
    }
  };
  for (const line of lines) eachPoint(line, take);
  return open;
}

function meets(part: Part, range: Range): boolean {
  return part.lo <= range.to && part.hi >= range.from;
}

function isWithin(part: Part, range: Range): boolean {
  return part.lo >= range.from && part.hi <= range.to;
}
