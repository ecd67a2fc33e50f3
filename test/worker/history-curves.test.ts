import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromWire, type RunMetrics, type SeriesCurve, toWire, type WireNumber } from "../../protocol/index.ts";
import { tellsApart } from "../../worker/run/history/curve.ts";
import { type LifeStart, lifeFinder } from "../../worker/run/history/lives.ts";
import { type CurveQuery, readCurves, type SegmentSource } from "../../worker/run/history/read-curves.ts";
import { type Segment, segmentsOf } from "../../worker/run/history/segment.ts";
import { encodeEvent, type Line } from "../../worker/run/log/line.ts";

type Point = { step: number; value: number; at: number; life: number };
/** A `metrics` event: null where a series has no point. */
type Told = { steps: number[]; series: Record<string, (WireNumber | null)[]> };
/** Lives begin with these events. */
type Lives = readonly number[];

const STARTED = Date.parse("2026-11-01T00:00:00.000Z");
const timeOf = (index: number) => STARTED + index * 1000;
const startsOf = (lives: Lives): LifeStart[] => [1, ...lives].map((first_offset, index) => ({ id: index + 1, first_offset }));

const value = fc.oneof(
  { weight: 8, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom<WireNumber>("NaN", "Infinity", "-Infinity") },
  { weight: 2, arbitrary: fc.constant(null) },
);

/** Steps go on from where they were, in strides, or back to where the run is resumed. */
const event = fc
  .record({
    from: fc.integer({ min: 0, max: 4000 }),
    stride: fc.constantFrom(1, 1, 1, 2, 63, 64, 65, 500),
    rows: fc.integer({ min: 1, max: 300 }),
    names: fc.subarray(["loss/train_step", "lr", "__proto__"], { minLength: 1 }),
  })
  .chain(({ from, stride, rows, names }) => {
    const column = fc.array(value, { minLength: rows, maxLength: rows, size: "max" });
    return fc.tuple(...names.map(() => column)).map((columns): Told => {
      const series = Object.fromEntries(names.map((name, index) => [name, columns[index] ?? []]));
      return { steps: Array.from({ length: rows }, (_, i) => from + i * stride), series };
    });
  });

const play = fc.record({
  events: fc.array(event, { maxLength: 12 }),
  /** Where the log is sealed: offsets, of events that may not be there. */
  seals: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 5 }),
  lives: fc.uniqueArray(fc.integer({ min: 2, max: 12 }), { maxLength: 4 }).map((offsets): Lives => offsets.sort((a, b) => a - b)),
  query: fc.record({
    keys: fc.option(fc.subarray(["loss/train_step", "lr", "__proto__", "no such"])),
    points: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(100, 1000)),
    from: fc.option(fc.integer({ min: 0, max: 5000 })),
    to: fc.option(fc.integer({ min: 0, max: 20_000 })),
  }),
});

/** Seals the lines, and forgets those that are sealed. */
function stored(lines: readonly Line[], seals: readonly number[], lives: Lives): { source: SegmentSource; open: Line[] } {
  const ends = [...seals].sort((a, b) => a - b);
  const segments = ends.flatMap((end, i) => [
    ...segmentsOf(
      lines.filter((line) => line.offset <= end && line.offset > (ends[i - 1] ?? 0)),
      lifeFinder(startsOf(lives)),
    ),
  ]);
  return { source: sourceOf(segments), open: lines.filter((line) => line.offset > (ends.at(-1) ?? 0)) };
}

function sourceOf(segments: readonly Segment[]): SegmentSource {
  const at = (id: number) => {
    const segment = segments[id];
    if (!segment) throw new Error("no such segment");
    return segment;
  };
  return {
    heads: () => segments.map(({ head }, id) => ({ id, head })),
    summary: (id) => new Float64Array(at(id).summary),
    points: (id) => new Float64Array(at(id).points),
  };
}

function lineOf({ steps, series }: Told, index: number): Line {
  return encodeEvent({ type: "metrics", timestamp: new Date(timeOf(index)).toISOString(), steps, series, offset: index + 1 });
}

/** Every point of each series that is asked for, in the order of the log. */
function reference(events: readonly Told[], lives: Lives, { keys, from, to }: CurveQuery): Map<string, Point[]> {
  const points = new Map<string, Point[]>();
  const lifeOf = lifeFinder(startsOf(lives));
  for (const [index, { steps, series }] of events.entries()) {
    for (const [name, column] of Object.entries(series)) {
      if (keys && !keys.includes(name)) continue;
      for (const [i, step] of steps.entries()) {
        const number = fromWire(column[i]);
        if (number === null || step < (from ?? 0) || step > (to ?? Number.POSITIVE_INFINITY)) continue;
        points.set(name, [...(points.get(name) ?? []), { step, value: number, at: timeOf(index), life: lifeOf(index + 1) }]);
      }
    }
  }
  return points;
}

/** An entry of a curve stands for the points of its life after the life's entry before it, up to its own step. */
function expectBuckets(curve: SeriesCurve, points: readonly Point[], most: number, apart: boolean): void {
  expect(curve.steps.length).toBeLessThanOrEqual(most);
  const before = new Map<number, number>();
  let counted = 0;
  for (const [i, step] of curve.steps.entries()) {
    const segment = curve.segment?.[i] ?? -1;
    const since = before.get(segment) ?? Number.NEGATIVE_INFINITY;
    expect(step).toBeGreaterThan(since);
    const own = apart ? points.filter(({ life }) => life === segment + 1) : points;
    const inside = own.filter((point) => point.step > since && point.step <= step);
    const numbers = inside.map((point) => point.value).filter((number) => !Number.isNaN(number));
    const newest = inside.filter((point) => point.step === step).at(-1);
    expect({ min: curve.min[i], max: curve.max[i], last: curve.last[i], nan: curve.nan[i], at: curve.times?.[i] }).toEqual({
      min: numbers.length === 0 ? null : toWire(numbers.reduce((a, b) => Math.min(a, b))),
      max: numbers.length === 0 ? null : toWire(numbers.reduce((a, b) => Math.max(a, b))),
      last: toWire(newest?.value ?? 0),
      nan: inside.length - numbers.length,
      at: newest?.at,
    });
    counted += inside.length;
    before.set(segment, step);
  }
  expect(counted).toBe(points.length);
}

/** Signs of zero do not travel in JSON. */
function travelled(answer: RunMetrics): RunMetrics {
  return JSON.parse(JSON.stringify(answer)) as RunMetrics;
}

function expectCurves(answer: RunMetrics, events: readonly Told[], lives: Lives, query: CurveQuery): void {
  const expected = reference(events, lives, query);
  const all = [...reference(events, lives, { ...query, keys: null, from: null, to: null }).values()].flat();
  const ids = [...new Set(all.map(({ life }) => life))].sort();
  expect(answer.segments?.map(({ index }) => index)).toEqual(ids.map((_, index) => index));
  expect(Object.keys(answer.series).sort()).toEqual([...expected.keys()].sort());
  for (const [name, points] of expected) {
    const curve = Object.entries(answer.series).find(([shown]) => shown === name)?.[1];
    if (!curve) throw new Error(`no ${name}`);
    if (points.length > query.points) {
      const renamed = points.map((point) => ({ ...point, life: ids.indexOf(point.life) + 1 }));
      const apart = tellsApart(new Set(points.map(({ life }) => life)).size, query.points);
      expectBuckets(curve, renamed, query.points, apart);
      continue;
    }
    const apart = tellsApart(new Set(points.map(({ life }) => life)).size, query.points);
    const sorted = points.toSorted((a, b) => a.step - b.step || (apart ? a.life - b.life : 0));
    expect(curve.times).toEqual(sorted.map(({ at }) => at));
    if (apart) expect(curve.segment).toEqual(sorted.map(({ life }) => ids.indexOf(life)));
    expect(curve.steps).toEqual(sorted.map(({ step }) => step));
    expect(curve.last).toEqual(sorted.map((point) => toWire(point.value)));
    for (const ends of [curve.min, curve.max]) {
      expect(ends).toEqual(sorted.map((point) => (Number.isNaN(point.value) ? null : toWire(point.value))));
    }
    expect(curve.nan).toEqual(sorted.map((point) => (Number.isNaN(point.value) ? 1 : 0)));
  }
}

describe("curves", () => {
  test("EV2 least and greatest of every bucket are exact, whatever is sealed and what is asked for", () => {
    fc.assert(
      fc.property(play, ({ events, seals, lives, query }) => {
        // A number that JSON cannot tell from another is no point of this test.
        const told = JSON.parse(JSON.stringify(events)) as Told[];
        const { source, open } = stored(told.map(lineOf), seals, lives);
        expectCurves(travelled(readCurves(source, open, lifeFinder(startsOf(lives)), query)), told, lives, query);
      }),
      { numRuns: 300 },
    );
  });

  test("EV2 what an older relay sealed, without times and lives, is read on, beside what is sealed now", () => {
    const old = { name: "loss", count: 2, lo: 1, hi: 2, steps_at: 0, values_at: 2, buckets: 1, buckets_at: 0 };
    const older: Segment = {
      head: JSON.stringify([old]),
      summary: new Float64Array([2, 0.5, 1, 0.5, 0]).buffer,
      points: new Float64Array([1, 2, 1, 0.5]).buffer,
    };
    const line = lineOf({ steps: [3], series: { loss: [0.25] } }, 4);
    const lifeOf = lifeFinder([{ id: 1, first_offset: 5 }]);
    const newer = [...segmentsOf([line], lifeOf)];
    const answer = readCurves(sourceOf([older, ...newer]), [], lifeOf, { keys: null, points: 100, from: null, to: null });
    expect(answer.series.loss).toMatchObject({
      steps: [1, 2, 3],
      last: [1, 0.5, 0.25],
      times: [null, null, timeOf(4)],
      segment: [0, 0, 1],
    });
    expect(answer.segments).toEqual([
      { index: 0, started_at: null, step: 1 },
      { index: 1, started_at: new Date(timeOf(4)).toISOString(), step: 3 },
    ]);
    expect(readCurves(sourceOf([older]), [], lifeOf, { keys: null, points: 1, from: null, to: null }).series.loss).toMatchObject({
      ...{ steps: [2], min: [0.5], max: [1], last: [0.5], times: [null] },
    });
  });
});
