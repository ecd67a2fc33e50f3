import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyEvent } from "../../protocol/index.ts";
import { NO_SPARK, withProgress } from "../../worker/run/spark.ts";

const at = (global_step: number, loss: unknown): AnyEvent => ({ type: "training_progress", global_step, loss }) as AnyEvent;
const spark = (...events: AnyEvent[]) => events.reduce(withProgress, NO_SPARK);

describe("the loss in the list of runs", () => {
  test("HTTP a few points over the whole run, however long it is, and never more", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 50 }), (count, stride) => {
        const { steps, values } = spark(...Array.from({ length: count }, (_, index) => at(index * stride, 1 / (index + 1))));
        expect(steps.length).toBeLessThanOrEqual(48);
        expect(values).toHaveLength(steps.length);
        expect(steps[0]).toBe(0);
        expect(steps).toEqual([...steps].sort((a, b) => a - b));
        // The end is no farther away than two points are from each other.
        const gap = Math.max(...steps.slice(1).map((step, index) => step - (steps[index] ?? 0)), stride);
        expect((count - 1) * stride - (steps.at(-1) ?? 0)).toBeLessThanOrEqual(2 * gap);
      }),
    );
  });

  test("EV2 NaN stays, null and nonsense are no points", () => {
    expect(spark(at(1, 0.5), at(2, "NaN"), at(3, null), at(4, "x"))).toMatchObject({ steps: [1, 2], values: [0.5, "NaN"] });
  });

  test("PR1 a run that was resumed at an earlier step goes on from there", () => {
    expect(spark(at(1, 1), at(2, 0.5), at(3, 0.4), at(2, 0.6))).toMatchObject({ steps: [1, 2], values: [1, 0.6] });
  });
});
