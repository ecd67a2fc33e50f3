import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type AnyEvent, LATEST_WINS, SPOOL_BYTES_MAX } from "../../../protocol/index.ts";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { startRoom } from "../support/room.ts";
import { spoolForTest } from "../support/spool.ts";
import { eventsOfTick } from "../support/training.ts";
import { uplinkTo } from "../support/uplink.ts";

const HOURS = 4;
const TICKS = HOURS * 36_000;
const MIB = 1024 * 1024;

/** Writes a training's events as the intake does, a transaction for each moment. @returns how many */
function train(spool: ReturnType<typeof spoolForTest>, ticks: number): number {
  let events = 0;
  for (let tick = 0; tick < ticks; tick += 1) {
    spool.transaction(() => {
      for (const event of eventsOfTick(tick)) {
        spool.add(event);
        events += 1;
      }
    });
  }
  return events;
}

/** Compares with what is made anew, so that hours of events are not held twice. @returns the first that differs, or null */
function firstDifference(arrived: Iterable<AnyEvent>, ticks: number, kept: (event: AnyEvent) => boolean): unknown {
  const left = arrived[Symbol.iterator]();
  for (let tick = 0; tick < ticks; tick += 1) {
    for (const event of eventsOfTick(tick)) {
      if (!kept(event)) continue;
      const next = left.next();
      if (JSON.stringify(next.value) !== JSON.stringify(event)) return { tick, event, instead: next.value };
    }
  }
  return left.next().value ?? null;
}

describe("hours without a network", () => {
  test("PR4 four hours of a busy training fit, and arrive once and in order", async () => {
    const path = join(folderForTest(), "run.db");
    const spool = spoolForTest(path);
    const events = train(spool, TICKS);
    const { size } = statSync(path);
    expect(spool.outbox.held()).toBeLessThan(SPOOL_BYTES_MAX);
    // The bound is one of the file too, but for its reserve and its log.
    expect(size).toBeLessThan(spool.outbox.held() * 1.05 + 2 * MIB);
    expect(statSync(`${path}-wal`).size).toBeLessThan(6 * MIB);
    expect(spool.outbox.figures()).toMatchObject({ sent: 0, waiting: events });

    const room = await startRoom();
    const uplink = uplinkTo(room.url, spool);
    await until(() => uplink.outcome() === "done", { what: "all of it", timeout_ms: 100_000 });
    uplink.close();
    expect(room.events).toHaveLength(events);
    expect(firstDifference(room.events, TICKS, () => true)).toBeNull();
    expect(spool.outbox.held()).toBe(0);
    expect(statSync(path).size).toBeLessThanOrEqual(size + 2 * MIB);
  }, 120_000);

  test("PR4 where they do not fit, progress and measurements go, and everything else arrives once and in order", async () => {
    const spool = spoolForTest(undefined, { bytes: 12 * MIB });
    const ticks = 36_000;
    train(spool, ticks);
    expect(spool.outbox.held()).toBeLessThanOrEqual(12 * MIB);
    const isReport = ({ source }: AnyEvent) => source === "agent";
    const arrived: AnyEvent[] = [];
    for (let from = 1; ; ) {
      const batch = spool.outbox.read(from, { bytes: 512 * 1024, events: 10_000 });
      if (!batch) break;
      arrived.push(...batch.bodies.map((body): AnyEvent => JSON.parse(body)));
      from = batch.first + batch.bodies.length;
      spool.outbox.acknowledge(from - 1);
    }
    expect(arrived.filter(isReport)).toHaveLength(1);
    const precious = (event: AnyEvent) => !LATEST_WINS.has(event.type) && event.type !== "log";
    expect(firstDifference(arrived.filter(precious), ticks, precious)).toBeNull();
  }, 60_000);
});
