import fc from "fast-check";
import { expect, test } from "vitest";
import { alarming, GAP_MS, HISTORY_MS, pieces, StatsHistory } from "../../dashboard/hardware/stats-history.ts";
import type { EventOf } from "../../protocol/index.ts";

const stats = (fields: Partial<EventOf<"system_stats">>): EventOf<"system_stats"> => ({ type: "system_stats", ...fields });
const START = Date.parse("2026-11-25T10:00:00.000Z");

test("EV1 readings stand in the order of their times, each once, however they come, and for ten minutes", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 80 }), (seconds) => {
      const history = new StatsHistory();
      for (const second of seconds) history.add(stats({ cpu_percent: second }), START + second * 1000);
      const readings = history.get("cpu");
      const newest = Math.max(...seconds);
      expect(readings.at(-1)).toEqual({ at: START + newest * 1000, value: newest });
      expect(readings.every(({ at }, index) => index === 0 || at > (readings[index - 1]?.at ?? 0))).toBe(true);
      expect(readings.every(({ at }) => at >= START + newest * 1000 - HISTORY_MS)).toBe(true);
    }),
  );
});

test("EV1 what nobody told is a gap, and no figure is no reading", () => {
  const history = new StatsHistory();
  for (const second of [0, 2, 4, 60, 62]) history.add(stats({ cpu_percent: second, ram_used_gb: null }), START + second * 1000);
  history.add(stats({ cpu_percent: "NaN" }), START + 64_000);
  expect(pieces(history.get("cpu")).map((piece) => piece.map(({ value }) => value))).toEqual([
    [0, 2, 4],
    [60, 62],
  ]);
  expect(history.get("ram")).toEqual([]);
  expect(60_000 - 4000).toBeGreaterThan(GAP_MS);
});

test("EV1 each GPU has its own figures, by its id, and when it was held down last", () => {
  const history = new StatsHistory();
  const gpus = (load: number, reasons: string[]) => [
    { uuid: "GPU-a", index: 0, utilization_percent: load, throttle_reasons: reasons },
    { uuid: "GPU-b", index: 1, utilization_percent: 5 },
  ];
  history.add(stats({ gpus: gpus(90, ["power cap"]) }), START);
  history.add(stats({ gpus: gpus(95, ["gpu_idle"]) }), START + 2000);
  expect(history.get("gpu GPU-a load").map(({ value }) => value)).toEqual([90, 95]);
  expect([history.throttledAt("GPU-a"), history.throttledAt("GPU-b")]).toEqual([START, null]);
  expect(alarming({ throttle_reasons: ["GPU idle", "thermal (hardware)"] })).toEqual(["thermal (hardware)"]);
});
