import { type CurveSegment, HISTORY_ANSWER_POINTS, type RunMetrics, SERIES_PER_RUN } from "../../../protocol/index.ts";
import type { Line } from "../log/line.ts";
import { Curve, fitsSummaries, gridOver, type Span, tellsApart } from "./curve.ts";
import { type LifeOf, UNKNOWN_LIFE } from "./lives.ts";
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
type OpenPoints = { steps: number[]; values: number[]; times: number[]; lives: number[] };
/** What is known of a series before its points are read: how many there are at least, and where each life of it begins and ends at most. */
type Outline = { least: number; spans: Map<number, Span> };
type Planned = { curve: Curve; summaries: boolean; lifeOf: (life: number) => number };
/** When a life's first point was told, milliseconds since 1970, and its step. */
type Beginning = { at: number | null; step: number };

/**
 * Reads the segments' heads, then for each series the summaries or the points, whichever its buckets need: of a million steps some hundred summaries.
 * @param open the log after the last segment
 */
export function readCurves(source: SegmentSource, open: Iterable<Line>, lifeOf: LifeOf, query: CurveQuery): RunMetrics {
  const range = { from: query.from ?? Number.NEGATIVE_INFINITY, to: query.to ?? Number.POSITIVE_INFINITY };
  const wanted = query.keys && new Set(query.keys);
  const outlines = new Map<string, Outline>();
  const beginnings = new Map<number, Beginning>();
  // Twice, one at a time: those of a run of months are more than the memory of a room.
  for (const { head } of source.heads()) {
    for (const part of readHead(head)) {
      begin(beginnings, part.life ?? UNKNOWN_LIFE, { at: part.began ?? null, step: part.first ?? part.lo });
      outlinePart(outlines, wanted, part, range);
    }
  }
  const rest = openPoints(open, lifeOf, wanted, range, beginnings);
  for (const [name, { steps, lives }] of rest) {
    for (const [index, step] of steps.entries()) outline(outlines, name, lives[index] ?? UNKNOWN_LIFE, 1, { lo: step, hi: step });
  }

  const curves = plan(outlines, query.points);
  for (const { id, head } of source.heads()) readSegment(source, id, readHead(head), curves, range);
  for (const [name, { steps, values, times, lives }] of rest) {
    const planned = curves.get(name);
    if (!planned) continue;
    for (const [index, step] of steps.entries()) {
      const life = planned.lifeOf(lives[index] ?? UNKNOWN_LIFE);
      planned.curve.addPoint(life, step, values[index] ?? Number.NaN, times[index] ?? Number.NaN);
    }
  }
  const ids = [...beginnings.keys()].sort((a, b) => a - b);
  const shown = [...curves].filter(([, { curve }]) => !curve.isEmpty);
  return {
    series: Object.fromEntries(shown.map(([name, { curve }]) => [name, curve.read((life) => ids.indexOf(life))])),
    segments: ids.map((id, index) => segmentOf(index, beginnings.get(id))),
  };
}

function segmentOf(index: number, beginning: Beginning | undefined): CurveSegment {
  const { at = null, step = 0 } = beginning ?? {};
  return { index, started_at: at === null ? null : new Date(at).toISOString(), step };
}

/** Segments come in the order of the log: the first word on a life is on its beginning. */
function begin(beginnings: Map<number, Beginning>, life: number, beginning: Beginning): void {
  if (!beginnings.has(life)) beginnings.set(life, beginning);
}

/** Each series gets what was asked for, or its share of what one answer may hold. */
function plan(outlines: ReadonlyMap<string, Outline>, asked: number): Map<string, Planned> {
  const points = Math.min(asked, Math.floor(HISTORY_ANSWER_POINTS / Math.max(outlines.size, 1)));
  return new Map(
    [...outlines].map(([name, { least, spans }]) => {
      const apart = tellsApart(spans.size, points);
      const newest = Math.max(...spans.keys());
      const grid = gridOver(apart ? [...spans.values()] : [wholeOf([...spans.values()])], points);
      const many = least > points;
      const lifeOf = (life: number) => (apart ? life : newest);
      return [name, { curve: new Curve(points, grid, many), summaries: many && fitsSummaries(grid), lifeOf }];
    }),
  );
}

function wholeOf(spans: readonly Span[]): Span {
  return { lo: Math.min(...spans.map(({ lo }) => lo)), hi: Math.max(...spans.map(({ hi }) => hi)) };
}

function readSegment(source: SegmentSource, id: number, parts: readonly Part[], curves: ReadonlyMap<string, Planned>, range: Range): void {
  let summary: Float64Array | null = null;
  let points: Float64Array | null = null;
  for (const part of parts) {
    const planned = curves.get(part.name);
    if (!planned || !meets(part, range)) continue;
    const life = planned.lifeOf(part.life ?? UNKNOWN_LIFE);
    if (isWithin(part, range) && (planned.summaries || isSparse(part))) {
      summary ??= source.summary(id);
      for (const bucket of readBuckets(summary, part)) planned.curve.add(life, bucket);
    } else {
      points ??= source.points(id);
      const { steps, values, times } = readPoints(points, part);
      for (const [index, step] of steps.entries()) {
        if (step < range.from || step > range.to) continue;
        planned.curve.addPoint(life, step, values[index] ?? Number.NaN, times?.[index] ?? Number.NaN);
      }
    }
  }
}

function outlinePart(outlines: Map<string, Outline>, wanted: ReadonlySet<string> | null, part: Part, range: Range): void {
  if ((wanted && !wanted.has(part.name)) || !meets(part, range)) return;
  const span = { lo: Math.max(part.lo, range.from), hi: Math.min(part.hi, range.to) };
  outline(outlines, part.name, part.life ?? UNKNOWN_LIFE, isWithin(part, range) ? part.count : 0, span);
}

/** A run that has more series than one may have is answered with the first. */
function outline(outlines: Map<string, Outline>, name: string, life: number, least: number, more: Span): void {
  const known = outlines.get(name) ?? (outlines.size < SERIES_PER_RUN ? { least: 0, spans: new Map<number, Span>() } : null);
  if (!known) return;
  outlines.set(name, known);
  known.least += least;
  const span = known.spans.get(life);
  known.spans.set(life, span ? { lo: Math.min(span.lo, more.lo), hi: Math.max(span.hi, more.hi) } : more);
}

function openPoints(
  lines: Iterable<Line>,
  lifeOf: LifeOf,
  wanted: ReadonlySet<string> | null,
  range: Range,
  beginnings: Map<number, Beginning>,
): Map<string, OpenPoints> {
  const open = new Map<string, OpenPoints>();
  let life = UNKNOWN_LIFE;
  const take = (name: string, step: number, value: number, at: number): void => {
    begin(beginnings, life, { at: Number.isNaN(at) ? null : at, step });
    if ((wanted && !wanted.has(name)) || step < range.from || step > range.to) return;
    const known = open.get(name) ?? { steps: [], values: [], times: [], lives: [] };
    open.set(name, known);
    known.steps.push(step);
    known.values.push(value);
    known.times.push(at);
    known.lives.push(life);
  };
  for (const line of lines) {
    if (line.type === "metrics") life = lifeOf(line.offset);
    eachPoint(line, take);
  }
  return open;
}

function meets(part: Part, range: Range): boolean {
  return part.lo <= range.to && part.hi >= range.from;
}

function isWithin(part: Part, range: Range): boolean {
  return part.lo >= range.from && part.hi <= range.to;
}
