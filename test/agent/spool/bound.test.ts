import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Spool } from "../../../agent/spool/spool.ts";
import { type AnyEvent, LATEST_WINS } from "../../../protocol/index.ts";
import { folderForTest } from "../../support/temporary.ts";
import { logEvent, upTo } from "../support/events.ts";
import { eventsIn, spoolForTest } from "../support/spool.ts";

const WRITER = fileURLToPath(new URL("./bounded-writer.ts", import.meta.url));
const BOUND = 64 * 1024;

/** An event of a type, whose size hardly depends on n. */
function event(type: string, n: number): AnyEvent {
  const timestamp = new Date(Date.UTC(2026, 10, 23) + n * 1000).toISOString();
  return { type, timestamp, n, filling: "x".repeat(100), ...(type === "log" ? { level: "info", message: `event ${n}` } : {}) };
}

const isReport = ({ source, message }: AnyEvent) => source === "agent" && String(message).includes("spool was full");

/** @returns how many of each type a report tells of */
function counts(report: AnyEvent | undefined): Record<string, number> {
  return Object.fromEntries(
    [...String(report?.message).matchAll(/(\d+) ([a-z_]+)(?=,| and| events)/g)].map(([, n, type]) => [type, Number(n)]),
  );
}

const count = (events: readonly AnyEvent[], type: string) => events.filter((each) => each.type === type && !isReport(each)).length;

function fill(spool: Spool, types: readonly string[], rounds: number): void {
  spool.transaction(() => {
    for (const n of upTo(rounds)) for (const type of types) spool.add(event(type, n));
  });
}

describe("the spool's bound", () => {
  test("PR4 past the bound the oldest latest-wins events go first, and one log event tells how many, of what, from when to when", () => {
    const spool = spoolForTest(undefined, { bytes: BOUND });
    fill(spool, ["training_progress", "log", "system_stats"], 200);
    expect(spool.outbox.held()).toBeLessThanOrEqual(BOUND);
    const events = eventsIn(spool);
    const [report, ...rest] = events;
    expect(report).toMatchObject({ type: "log", level: "warning", source: "agent" });
    expect(counts(report)).toEqual({
      training_progress: 200 - count(rest, "training_progress"),
      system_stats: 200 - count(rest, "system_stats"),
    });
    expect(report?.message).toContain("from 2026-11-23T00:00:01.000Z to 2026-11-23T");
    expect(events.filter(isReport)).toHaveLength(1);
    expect(count(rest, "log")).toBe(200);
    // What is left of a type is its newest.
    const left = rest.filter(({ type }) => type === "training_progress").map(({ n }) => n);
    expect(left).toEqual(upTo(200).slice(200 - left.length));
    expect(left.length).toBeGreaterThan(0);
  });

  test("PR4 logs go when no latest-wins event is left, and nothing else ever: then the bound is exceeded, and that is said", () => {
    const spool = spoolForTest(undefined, { bytes: BOUND });
    const precious = [
      "training_status",
      "metrics",
      "sample_generated",
      "validation_result",
      "command_status",
      "run_info",
      "alert",
      "tomorrows_type",
    ];
    fill(spool, [...precious, "training_progress", "log"], 100);
    expect(spool.outbox.held()).toBeGreaterThan(BOUND);
    const events = eventsIn(spool);
    for (const type of precious) expect(count(events, type)).toBe(100);
    expect(events.filter(isReport)).toMatchObject([{ message: expect.stringContaining("never dropped, so it holds more") }]);
    expect(counts(events.find(isReport))).toEqual({
      training_progress: 100 - count(events, "training_progress"),
      log: 100 - count(events, "log"),
    });
    expect(count(events, "training_progress")).toBe(0);
  });

  test("PR4 what was sent is never dropped, so that numbering has no holes", () => {
    const spool = spoolForTest(undefined, { bytes: BOUND });
    fill(spool, ["training_progress"], 100);
    const sent = spool.outbox.read(1, { bytes: 1e6, events: 100 })?.bodies ?? [];
    expect(sent).toHaveLength(100);
    fill(spool, ["log"], 1000);
    expect(spool.outbox.read(1, { bytes: 1e6, events: 100 })?.bodies).toEqual(sent);
    expect(spool.outbox.read(101, { bytes: 1e6, events: 1 })).toMatchObject({ first: 101 });
  });

  test("PR4 a report is an event that waits: nothing is at its end before that was told", () => {
    const spool = spoolForTest(undefined, { bytes: BOUND });
    fill(spool, ["log"], 500);
    const left = 500 - Number(counts(spool.outbox.read(1, { bytes: 1, events: 1 })?.bodies.map((body) => JSON.parse(body))[0]).log);
    expect(spool.outbox.figures()).toMatchObject({ sent: 1, waiting: left });
    fill(spool, ["log"], 500);
    const { waiting } = spool.outbox.figures();
    expect(spool.outbox.read(2, { bytes: 1e6, events: 1e4 })?.bodies).toHaveLength(waiting);
    expect(spool.outbox.figures().waiting).toBe(0);
  });

  test("PR4 a drop that is not kept is not told either", () => {
    const spool = spoolForTest(undefined, { bytes: BOUND });
    fill(spool, ["training_progress"], 400);
    const before = { ...spool.outbox.figures(), held: spool.outbox.held(), dropped: spool.recall("dropped") };
    const failing = () =>
      spool.transaction(() => {
        for (const n of upTo(500)) spool.add(event("training_progress", n));
        throw new Error("no");
      });
    expect(failing).toThrow("no");
    expect({ ...spool.outbox.figures(), held: spool.outbox.held(), dropped: spool.recall("dropped") }).toEqual(before);
    expect(eventsIn(spool).filter(isReport)).toHaveLength(1);
  });

  test("PR4 after a kill -9 in the middle of dropping every event is either there or told as dropped, once", async () => {
    const path = join(folderForTest(), "run.db");
    const told: Record<string, number> = {};
    const there: AnyEvent[] = [];
    for (const kill of [2000, 5000]) {
      const writer = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", WRITER, path, String(BOUND)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      for await (const line of createInterface({ input: writer.stdout })) if (Number(line) >= kill) writer.kill("SIGKILL");
    }
    const spool = spoolForTest(path, { bytes: BOUND });
    const written = Number(spool.recall("n"));
    for (const each of eventsIn(spool)) {
      if (!isReport(each)) there.push(each);
      else for (const [type, n] of Object.entries(counts(each))) told[type] = (told[type] ?? 0) + n;
    }
    for (const [type, gone] of Object.entries(told)) expect(gone + count(there, type)).toBe(written);
    expect(Object.keys(told).length).toBeGreaterThan(0);
    expect(count(there, "metrics")).toBe(written);
  });

  test("PR4 room in the file is used again: it does not grow with what was dropped or acknowledged", () => {
    const path = join(folderForTest(), "run.db");
    const spool = spoolForTest(path, { bytes: 512 * 1024, reserve: 64 * 1024 });
    fill(spool, ["log"], 5000);
    const size = statSync(path).size;
    for (let round = 0; round < 10; round += 1) {
      fill(spool, ["log"], 5000);
      spool.outbox.read(spool.outbox.figures().sent + 1, { bytes: 100_000, events: 1000 });
      spool.outbox.acknowledge(spool.outbox.figures().sent);
    }
    expect(statSync(path).size).toBeLessThan(2 * size);
    expect(statSync(`${path}-wal`).size).toBeLessThan(5 * 1024 * 1024);
  });

  test("PR2 PR4 whatever is added, sent, acknowledged and cut: kept or told, in order, without holes", () => {
    const types = ["training_progress", "system_stats", "log", "metrics", "training_status"];
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...types).map((type) => ({ add: type })) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 20 }).map((events) => ({ read: events })) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 }).map((back) => ({ ack: back })) },
      { weight: 1, arbitrary: fc.constantFrom({ life: true }, { again: true }) },
    );
    const property = fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
      const path = join(folderForTest(), "run.db");
      let spool = spoolForTest(path, { bytes: 4096, reserve: 16 * 1024 });
      const acked: AnyEvent[] = [];
      let n = 0;
      for (const what of actions) {
        const { sent, acked: before } = spool.outbox.figures();
        if ("add" in what) spool.add(event(what.add, ++n));
        else if ("read" in what) spool.outbox.read(sent + 1, { bytes: 1e6, events: what.read });
        else if ("ack" in what) {
          const upTo = Math.max(before, sent - what.ack);
          const batch = before < upTo ? spool.outbox.read(before + 1, { bytes: 1e6, events: upTo - before }) : null;
          acked.push(...(batch?.bodies ?? []).map((body): AnyEvent => JSON.parse(body)));
          spool.outbox.acknowledge(upTo);
        } else if ("life" in what) spool.outbox.beginLife();
        else {
          spool.close();
          spool = spoolForTest(path, { bytes: 4096, reserve: 16 * 1024 });
        }
      }
      const all = [...acked, ...eventsIn(spool)];
      spool.close();
      const own = all.filter((each) => !isReport(each));
      expect(own.map((each) => Number(each.n))).toEqual(own.map((each) => Number(each.n)).sort((a, b) => a - b));
      const told = all.filter(isReport).reduce((sum, each) => sum + Object.values(counts(each)).reduce((a, b) => a + b, 0), 0);
      expect(own.length + told).toBe(n);
      const droppable = own.filter(({ type }) => LATEST_WINS.has(type) || type === "log").length;
      expect(own.length - droppable).toBe(
        actions.filter((what) => "add" in what && ["metrics", "training_status"].includes(what.add)).length,
      );
    });
    fc.assert(property, { numRuns: 40 });
  });

  test("PR4 the count of what is held is right after the file is opened again", () => {
    const path = join(folderForTest(), "run.db");
    const first = spoolForTest(path, { bytes: BOUND });
    for (const n of upTo(50)) first.add(logEvent(n));
    first.outbox.read(1, { bytes: 1e6, events: 20 });
    first.outbox.acknowledge(10);
    const held = first.outbox.held();
    first.close();
    const second = spoolForTest(path, { bytes: BOUND });
    expect(second.outbox.held()).toBe(held);
    second.outbox.acknowledge(20);
    second.outbox.read(21, { bytes: 1e6, events: 100 });
    second.outbox.acknowledge(50);
    expect(second.outbox.held()).toBe(0);
  });
});
