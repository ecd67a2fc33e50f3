import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { chromiumPath } from "../support/chromium.ts";
import { ROOT } from "./support/runcast.ts";

/** A bench as the documents call it, as small as it goes. @returns what it printed. It fails where anything did not arrive */
async function quick<T>(bench: string): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [`bench/${bench}/${bench}.ts`, "--quick", "--json"], { cwd: ROOT });
  return JSON.parse(stdout) as T;
}

type Round = { events: number; deliveries: number; frames: number; cpu_us: number };

// They read /proc.
describe.skipIf(process.platform !== "linux")("the benches run", () => {
  test("fanout: every event comes to every viewer of every system, in as many frames as its way of framing takes", async () => {
    const { rows } = await quick<{ rows: { system: string; viewers: number; burst: Round[]; live: Round[] }[] }>("fanout");
    expect(rows).toHaveLength(6);
    for (const { system, viewers, burst, live } of rows) {
      for (const { events, deliveries, frames, cpu_us } of [...burst, ...live]) {
        expect(deliveries).toBe(events * viewers);
        expect(cpu_us).toBeGreaterThan(0);
        if (!/batched|50 events/.test(system)) expect(frames).toBe(deliveries);
      }
      if (/batched|50 events/.test(system)) for (const { deliveries, frames } of burst) expect(frames).toBeLessThanOrEqual(deliveries / 50);
    }
  });

  test("ingest: the room holds exactly what it acknowledged", async () => {
    const { sent, stored, rows } = await quick<{ sent: number; stored: number; rows: { system: string }[] }>("ingest");
    expect(sent).toBeGreaterThan(0);
    // The first offset is the room's own event, of the agent's arrival.
    expect(stored).toBe(sent + 1);
    expect(rows.map(({ system }) => system)).toEqual(["a row an event", "runcast"]);
  });

  test("rooms: every room is there, and its viewer has all of its events", async () => {
    const result = await quick<{ rooms: number; watched: number; events: number; listed: number; waves: { delivered: number }[] }>("rooms");
    expect(result.listed).toBe(1 + 2 * result.rooms);
    expect(result.waves).toHaveLength(2);
    for (const { delivered } of result.waves) expect(delivered).toBe(result.watched * result.events);
  });

  test("history: the whole curve and a part of it come from few buckets, and what came since from its points", async () => {
    const { steps, rows } = await quick<{ steps: number; rows: { what: string; cpu_ms: number; gzip: number; entries: number }[] }>(
      "history",
    );
    expect(rows.map(({ what }) => what)).toHaveLength(6);
    const whole = rows.find(({ what }) => what === "the whole run");
    expect(whole?.entries).toBeLessThanOrEqual(4000);
    expect(whole?.gzip).toBeLessThan(200_000);
    expect(rows.find(({ what }) => what.startsWith("what came since"))?.entries).toBe(80);
    expect(rows.at(-1)?.entries).toBe(4 * steps);
    for (const { cpu_ms } of rows) expect(cpu_ms).toBeGreaterThan(0);
  });

  test.skipIf(chromiumPath === undefined)(
    "page: every step that was told comes to the screen, and frames are drawn meanwhile",
    async () => {
      type Side = { load: { paint_ms: number; figure_ms: number }; latency: { p95_ms: number } };
      type Found = { script_gzip_kb: number; runcast: Side; live: Record<string, number>; log: { lines: number; in_document: number } };
      const { script_gzip_kb, runcast, live, log } = await quick<Found>("page");
      // The goal is a bound of what is built, not of a machine.
      expect(script_gzip_kb).toBeLessThan(150);
      expect(Number.isFinite(runcast.latency.p95_ms)).toBe(true);
      expect(runcast.load.figure_ms).toBeGreaterThanOrEqual(runcast.load.paint_ms);
      for (const figure of Object.values(live)) expect(figure).toBeGreaterThan(0);
      expect(log.lines).toBeGreaterThanOrEqual(2000);
      expect(log.in_document).toBeLessThan(150);
    },
  );

  test("cost: a day stays inside the free plan, watched or not, and the naive relay's does not", async () => {
    type Day = { relay: string; viewers: number; billed: { rows_written: number }; beyond_free: string[] };
    const { results } = await quick<{ results: Day[] }>("cost");
    expect(results.map(({ relay, viewers, beyond_free }) => [relay, viewers, beyond_free.includes("rows_written")])).toEqual([
      ["runcast", 50, false],
      ["runcast", 0, false],
      ["naive", 50, true],
      ["naive", 0, true],
    ]);
    expect(results.filter(({ relay }) => relay === "runcast").flatMap(({ beyond_free }) => beyond_free)).toEqual([]);
  });
});
