import fc from "fast-check";
import { expect, test } from "vitest";
import { addPoint, CURVE_POINTS_MAX, type Curve, emptyCurve, mergeOlder, smooth } from "../../dashboard/model/curve.ts";
import { Curves } from "../../dashboard/model/curves.ts";

function curveOf(points: readonly (readonly [number, number])[]): Curve {
  const curve = emptyCurve();
  for (const [step, value] of points) addPoint(curve, step, value);
  return curve;
}

test("VW3 the replay and the pages of history make one curve, each step once, whatever overlaps", () => {
  const steps = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { maxLength: 120 });
  fc.assert(
    fc.property(steps, steps, (newer, older) => {
      const curve = curveOf([...newer].sort((a, b) => a - b).map((step) => [step, 1]));
      mergeOlder(curve, curveOf([...older].sort((a, b) => a - b).map((step) => [step, 2])));
      expect(curve.steps).toEqual([...new Set([...newer, ...older])].sort((a, b) => a - b));
      for (const [index, step] of curve.steps.entries()) expect(curve.values[index]).toBe(newer.includes(step) ? 1 : 2);
    }),
  );
});

test("EV2 thinning keeps the curve bounded, its lowest and highest points, and the place of a NaN", () => {
  const curve = emptyCurve();
  for (let step = 0; step < CURVE_POINTS_MAX * 5; step += 1)
    addPoint(curve, step, step === 777 ? Number.NaN : step === 1234 ? -9 : Math.sin(step));
  expect(curve.steps.length).toBeLessThanOrEqual(CURVE_POINTS_MAX);
  expect(curve.steps).toContain(777);
  expect(Math.min(...curve.values.filter(Number.isFinite))).toBe(-9);
  expect(curve.steps.at(-1)).toBe(CURVE_POINTS_MAX * 5 - 1);
  expect(curve.steps).toEqual([...curve.steps].sort((a, b) => a - b));
});

test("EV2 metrics keep NaN as NaN, and what has no value stays away from the curve", () => {
  const curves = new Curves();
  curves.addMetrics({
    type: "metrics",
    steps: [1, 2, 3],
    series: { "loss/train_step": [0.5, "NaN", null], "lr/unet": [null, null, 1e-4] },
  });
  expect(curves.get("loss/train_step")).toEqual({ steps: [1, 2], values: [0.5, Number.NaN] });
  expect(curves.get("lr/unet")).toEqual({ steps: [3], values: [1e-4] });
});

test("EV2 smoothing has no start-up bias and takes nothing from a NaN", () => {
  expect(smooth([2, 2, 2])).toEqual([2, 2, 2]);
  const [, gap, after] = smooth([1, Number.NaN, 1]);
  expect(gap).toBeNaN();
  expect(after).toBeCloseTo(1, 12);
});

test("EV2 a run that goes back to an earlier step overwrites what it had there", () => {
  const curve = curveOf([
    [1, 10],
    [2, 20],
    [3, 30],
    [2, 21],
  ]);
  expect(curve).toEqual({ steps: [1, 2, 3], values: [10, 21, 30] });
});
