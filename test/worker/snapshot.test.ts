import { describe, expect, test } from "vitest";
import type { AnyEvent } from "../../protocol/index.ts";
import { EMPTY_STATE, reduceState } from "../../worker/run/snapshot.ts";

function reduced(event: AnyEvent) {
  return reduceState(EMPTY_STATE, event, new TextEncoder().encode(JSON.stringify(event)).byteLength);
}

describe("the snapshot", () => {
  test("PR3 an event of usual size stands in the snapshot as it is", () => {
    const event = { type: "training_status", timestamp: "2026-11-01T00:00:00.000Z", status: "error", error: "x".repeat(8000), offset: 3 };
    expect(reduced(event).training_status).toBe(event);
  });

  test("PR3 of an event that would fill a row the largest fields are left out, and named", () => {
    const event = {
      type: "system_stats",
      timestamp: "2026-11-01T00:00:00.000Z",
      cpu_percent: 12,
      vendor: "é".repeat(40_000),
      gpus: [{ name: "one" }],
      offset: 9,
    };
    expect(reduced(event).system_stats).toEqual({
      type: "system_stats",
      timestamp: "2026-11-01T00:00:00.000Z",
      cpu_percent: 12,
      gpus: [{ name: "one" }],
      left_out: ["vendor"],
      offset: 9,
    });
  });

  test("PR3 an event of very many fields fits too", () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`field_${i}`, i]));
    const kept = reduced({ type: "training_progress", offset: 1, ...many }).training_progress;
    expect(JSON.stringify(kept).length).toBeLessThan(32 * 1024);
    expect(kept).toMatchObject({ type: "training_progress", offset: 1, field_0: 0 });
  });
});
