import fc from "fast-check";
import { expect, test } from "vitest";
import { curvesCsv } from "../../dashboard/chart/curves-csv.ts";
import { decimate, drawable, heightOf } from "../../dashboard/chart/decimate.ts";
import { CLUSTER_PX, clusterMarkers, findOdd, type Marker, stretchesOf } from "../../dashboard/chart/markers.ts";
import { PlotGroup } from "../../dashboard/chart/plot-group.ts";
import { extentOf, nearest, type PlotLine } from "../../dashboard/chart/plot-line.ts";
import { smoothed } from "../../dashboard/chart/smoothing.ts";
import { tickTexts, xTicks } from "../../dashboard/chart/x-ticks.ts";
import { addEntry, emptyTrace, pointOf, type Trace } from "../../dashboard/curves/trace.ts";

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const same = (values: readonly number[]) => ({ min: values, max: values, last: values });

function traceOf(steps: readonly number[], segment = 0): Trace {
  const trace = emptyTrace(segment);
  for (const step of steps) addEntry(trace, pointOf(step, 1e12 + step * 1000, step / 10));
  return trace;
}

const lineOf = (...traces: Trace[]): PlotLine => ({ key: "loss", name: "loss", color: "#000000", dash: [], traces: () => traces });

test("EV2 of each column of pixels the lowest, the highest, the first and the last value are exact", () => {
  const value = fc.oneof(
    { weight: 9, arbitrary: fc.double({ noNaN: true, min: -1e6, max: 1e6 }) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
  );
  const points = fc.uniqueArray(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(
      points,
      fc.infiniteStream(value),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 2000 }),
      (places, stream, width, from) => {
        const steps = places.sort((a, b) => a - b);
        const values = steps.map(() => stream.next().value ?? 0);
        const view = { from, to: from + 500, width };
        const columns = decimate(steps, same(values), view);
        expect(columns.count).toBeLessThanOrEqual(width + 3);
        const byPixel = new Map<number, number[]>();
        for (const [index, step] of steps.entries()) {
          if (step < from || step > view.to) continue;
          // As it is drawn, to the last bit: an edge between two pixels is in one of them.
          const pixel = Math.min(Math.floor((step - from) * (width / 500)), width - 1);
          byPixel.set(pixel, [...(byPixel.get(pixel) ?? []), values[index] ?? 0]);
        }
        const drawn = range(columns.count).filter((at) => (columns.px[at] ?? -1) >= 0 && (columns.px[at] ?? 0) <= width);
        for (const at of drawn) {
          const own = byPixel.get(Math.min(Math.floor(columns.px[at] ?? 0), width - 1));
          const numbers = (own ?? []).filter((each) => !Number.isNaN(each));
          expect(columns.first[at]).toEqual(own?.[0]);
          expect(columns.min[at]).toEqual(numbers.length > 0 ? Math.min(...numbers) : Number.NaN);
          expect(columns.max[at]).toEqual(numbers.length > 0 ? Math.max(...numbers) : Number.NaN);
          byPixel.delete(Math.min(Math.floor(columns.px[at] ?? 0), width - 1));
        }
        expect([...byPixel.keys()]).toEqual([]);
      },
    ),
  );
});

test("EV2 a bucket keeps its envelope on the screen, and one entry beyond each edge lets lines reach it", () => {
  const columns = decimate(
    [0, 100, 200, 300],
    { min: [1, -5, 1, 1], max: [2, 9, 2, 2], last: [2, 2, 2, 2] },
    { from: 50, to: 250, width: 100 },
  );
  expect(columns.count).toBe(4);
  expect([...columns.px]).toEqual([-25, 25, 75, 125]);
  expect(heightOf(columns, 100, false)).toEqual([-5, 9]);
  expect(heightOf(columns, 100, true)).toEqual([1, 9]);
});

test("VW3 a million entries become as many columns as there are pixels, with the one peak among them", () => {
  const steps = range(1_000_000);
  const values = steps.map((step) => (step === 123_456 ? 7 : 0));
  const columns = decimate(steps, same(values), { from: 0, to: 999_999, width: 800 });
  expect(columns.count).toBeLessThanOrEqual(803);
  expect(Math.max(...columns.max)).toBe(7);
});

test("EV2 a NaN is a gap with a mark where it happened, a step that is not there is neither, and a logarithmic scale has no zero", () => {
  const raw = emptyTrace(0);
  for (const [index, value] of [0.5, Number.NaN, 0].entries()) addEntry(raw, pointOf(index + 1, Number.NaN, value));
  const view = { from: 1, to: 3, width: 200 };
  const drawn = (steps: readonly number[], trace: Trace, logarithmic: boolean) => {
    const { count, px, last } = drawable(decimate(steps, trace, view), logarithmic);
    return range(count).map((at) => [px[at], last[at]]);
  };
  expect(drawn(raw.steps, raw, false)).toEqual([
    [0, 0.5],
    [100, Number.NaN],
    [200, 0],
  ]);
  expect(drawn(raw.steps, raw, true).map(([, value]) => value)).toEqual([0.5, Number.NaN, Number.NaN]);
  const validation = traceOf([2]);
  expect(drawn(validation.steps, validation, false)).toEqual([[100, 0.2]]);
  expect(findOdd(raw.steps, raw, view)).toEqual([{ px: 100, text: "NaN" }]);
  expect(findOdd([1, 2], { min: [Number.NEGATIVE_INFINITY, 0], max: [0, Number.POSITIVE_INFINITY], nan: [1, 0] }, view)).toEqual([
    { px: 0, text: "NaN" },
    { px: 0, text: "−∞" },
    { px: 100, text: "∞" },
  ]);
});

test("EV2 smoothing has no start-up bias, takes nothing from a NaN, and looks alike for dense and for thin series", () => {
  expect(smoothed([0, 1, 2], [2, 2, 2], 0.9, 2)).toEqual([2, 2, 2].map((value) => expect.closeTo(value, 12)));
  const [, gap, after] = smoothed([0, 1, 2], [1, Number.NaN, 1], 0.5, 2);
  expect(gap).toBeNaN();
  expect(after).toBeCloseTo(1, 12);
  expect(smoothed([0, 1], [5, 7], 0, 1)).toEqual([5, 7]);
  const ramp = (count: number) => range(count).map((index) => (index / count) * 1000);
  const dense = smoothed(ramp(20_000), ramp(20_000), 0.9, 1000);
  const thinner = smoothed(ramp(1_000), ramp(1_000), 0.9, 1000);
  expect(dense.at(-1)).toBeCloseTo(thinner.at(-1) ?? 0, -1);
  // Point by point where there are few.
  expect(smoothed([0, 500, 1000], [0, 1, 1], 0.5, 1000)[1]).toBeCloseTo(2 / 3, 12);
});

test("VW3 markers that would overlap are one, every one of them is in it, and what happens seldom is what is drawn", () => {
  const kinds = fc.constantFrom("sample", "save", "command", "restart") as fc.Arbitrary<Marker["kind"]>;
  const markers = fc.array(fc.record({ kind: kinds, x: fc.integer({ min: 0, max: 1000 }), text: fc.string() }));
  fc.assert(
    fc.property(markers, (all) => {
      const clusters = clusterMarkers(all, { from: 0, to: 1000, width: 400 });
      expect(clusters.flatMap((cluster) => cluster.markers).length).toBe(all.length);
      for (const [index, { px, kind, markers: own }] of clusters.entries()) {
        const next = clusters[index + 1];
        if (next) expect(next.px - px).toBeGreaterThanOrEqual(CLUSTER_PX);
        if (own.some((marker) => marker.kind === "restart")) expect(kind).toBe("restart");
      }
    }),
  );
});

test("EV2 a loss that stays NaN is one stretch, and another kind in it is named", () => {
  const found = [...range(100).map((px) => ({ px: 50 + px, text: "NaN" })), { px: 60, text: "∞" }, { px: 300, text: "NaN" }];
  expect(stretchesOf(found)).toEqual([
    { from: 50, to: 149, text: "NaN ∞" },
    { from: 300, to: 300, text: "NaN" },
  ]);
});

test("VW3 of two lives at one step the newer is read, and where it was not yet, the older", () => {
  const line = lineOf(traceOf(range(100)), traceOf([90, 91, 95], 1));
  expect(nearest(line, "step", 94)).toMatchObject({ trace: { segment: 1 }, x: 95 });
  expect(nearest(line, "step", 40.2)).toMatchObject({ trace: { segment: 0 }, x: 40 });
  expect(nearest(line, "step", 99)).toMatchObject({ trace: { segment: 0 }, x: 99 });
  expect(extentOf([line], "step")).toEqual({ from: 0, to: 99 });
});

test("VW3 zooming stays within what there is, panning keeps the width, and zooming out of it shows everything again", () => {
  const group = new PlotGroup();
  group.extent = { from: 0, to: 1000 };
  group.zoom({ from: -100, to: 200 });
  expect(group.range.value).toEqual({ from: 0, to: 300 });
  group.pan(0.5);
  expect(group.range.value).toEqual({ from: 150, to: 450 });
  group.pan(100);
  expect(group.range.value).toEqual({ from: 700, to: 1000 });
  group.zoom({ from: -1, to: 1001 });
  expect(group.range.value).toBeNull();
  group.zoom({ from: 10, to: 20 });
  group.set({ x: "epoch" });
  expect(group.x()).toBe("step");
  expect(group.range.value).toEqual({ from: 10, to: 20 });
  group.origin.value = { stepsPerEpoch: 10, start: 0 };
  expect(group.x()).toBe("epoch");
  group.set({ x: "time" });
  expect(group.range.value).toBeNull();
});

test("VW3 an axis of epochs has its labels at whole epochs, and one of the clock at round times", () => {
  const origin = { stepsPerEpoch: 37, start: 0 };
  const epochs = xTicks("epoch", { from: 0, to: 370 }, 700, origin);
  expect(epochs).toEqual(range(11).map((epoch) => epoch * 37));
  expect(tickTexts("epoch", epochs, origin).slice(0, 3)).toEqual(["0", "1", "2"]);
  expect(tickTexts("elapsed", xTicks("elapsed", { from: 0, to: 600_000 }, 500, origin), origin)).toContain("2 min 00 s");
  expect(xTicks("step", { from: 0, to: 3 }, 900, origin)).toEqual([0, 1, 2, 3]);
  expect(xTicks("time", { from: 0, to: Number.POSITIVE_INFINITY }, 900, origin).length).toBeLessThanOrEqual(100);
});

test("AC2 CSV has what is seen, a row an entry, and a name that a spreadsheet would take for a formula is text", () => {
  const group = new PlotGroup();
  group.extent = { from: 0, to: 10 };
  group.range.value = { from: 2, to: 3 };
  const line = { ...lineOf(traceOf([1, 2]), traceOf([3, 4], 1)), key: '=cmd("x")' };
  expect(curvesCsv([line], group).split("\r\n")).toEqual([
    "series,segment,step,time,value,min,max,nan",
    `"'=cmd(""x"")",0,2,2001-09-09T01:46:42.000Z,0.2,0.2,0.2,0`,
    `"'=cmd(""x"")",1,3,2001-09-09T01:46:43.000Z,0.3,0.3,0.3,0`,
    "",
  ]);
});
