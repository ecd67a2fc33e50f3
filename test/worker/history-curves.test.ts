import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromWire, type RunMetrics, type SeriesCurve, toWire, type WireNumber } from "../../protocol/index.ts";
import { type CurveQuery, readCurves, type SegmentSource } from "../../worker/run/history/read-curves.ts";
import { type Segment, segmentsOf } from "../../worker/run/history/segment.ts";
import { encodeEvent, type Line } from "../../worker/run/log/line.ts";

type Point = { step: number; value: number };
/** A `metrics` event: null where a series has no point. */
type Told = { steps: number[]; series: Record<string, (WireNumber | null)[]> };

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
  query: fc.record({
    keys: fc.option(fc.subarray(["loss/train_step", "lr", "__proto__", "no such"])),
    points: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(100, 1000)),
    from: fc.option(fc.integer({ min: 0, max: 5000 })),
    to: fc.option(fc.integer({ min: 0, max: 20_000 })),
  }),
});

/** Seals the lines, and forgets those that are sealed. */
function stored(lines: readonly Line[], seals: readonly number[]): { source: SegmentSource; open: Line[] } {
  const ends = [...seals].sort((a, b) => a - b);
  const segments = ends.flatMap((end, i) => [
    ...segmentsOf(lines.filter((line) => line.offset <= end && line.offset > (ends[i - 1] ?? 0))),
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
  return encodeEvent({ type: "metrics", timestamp: "2026-11-01T00:00:00.000Z", steps, series, offset: index + 1 });
}

/** Every point of each series that is asked for, in the order of the log. */
function reference(events: readonly Told[], { keys, from, to }: CurveQuery): Map<string, Point[]> {
  const points = new Map<string, Point[]>();
  for (const { steps, series } of events) {
    for (const [name, column] of Object.entries(series)) {
      if (keys && !keys.includes(name)) continue;
      for (const [i, step] of steps.entries()) {
        const number = fromWire(column[i]);
        if (number === null || step < (from ?? 0) || step > (to ?? Number.POSITIVE_INFINITY)) continue;
        points.set(name, [...(points.get(name) ?? []), { step, value: number }]);
      }
    }
  }
  return points;
}

/** An entry of a curve stands for the points after the entry before it, up to its own step. */
function expectBuckets(curve: SeriesCurve, points: readonly Point[], most: number): void {
  expect(curve.steps.length).toBeLessThanOrEqual(most);
  let before = Number.NEGATIVE_INFINITY;
  let counted = 0;
  for (const [i, step] of curve.steps.entries()) {
    expect(step).toBeGreaterThan(before);
    const inside = points.filter((point) => point.step > before && point.step <= step);
    const numbers = inside.map((point) => point.value).filter((number) => !Number.isNaN(number));
    expect({ min: curve.min[i], max: curve.max[i], last: curve.last[i], nan: curve.nan[i] }).toEqual({
      min: numbers.length === 0 ? null : toWire(numbers.reduce((a, b) => Math.min(a, b))),
      max: numbers.length === 0 ? null : toWire(numbers.reduce((a, b) => Math.max(a, b))),
      last: toWire(inside.filter((point) => point.step === step).at(-1)?.value ?? 0),
      nan: inside.length - numbers.length,
    });
    counted += inside.length;
    before = step;
  }
  expect(counted).toBe(points.length);
}

/** Signs of zero do not travel in JSON. */
function travelled(answer: RunMetrics): RunMetrics {
  return JSON.parse(JSON.stringify(answer)) as RunMetrics;
}

function expectCurves(answer: RunMetrics, events: readonly Told[], query: CurveQuery): void {
  const expected = reference(events, query);
  expect(Object.keys(answer.series).sort()).toEqual([...expected.keys()].sort());
  for (const [name, points] of expected) {
    const curve = Object.entries(answer.series).find(([shown]) => shown === name)?.[1];
    if (!curve) throw new Error(`no ${name}`);
    if (points.length > query.points) {
      expectBuckets(curve, points, query.points);
      continue;
    }
    const sorted = points.toSorted((a, b) => a.step - b.step);
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
      fc.property(play, ({ events, seals, query }) => {
        // A number that JSON cannot tell from another is no point of this test.
        const told = JSON.parse(JSON.stringify(events)) as Told[];
        const { source, open } = stored(told.map(lineOf), seals);
        expectCurves(travelled(readCurves(source, open, query)), told, query);
      }),
      { numRuns: 300 },
    );
  });
});
