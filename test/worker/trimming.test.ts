import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { type AnyEvent, CHUNK_ROW_MAX, EVENT_MAX, LOG_AGE_MAX_MS, LOG_BYTES_MAX } from "../../protocol/index.ts";
import type { Room } from "../../worker/run/room.ts";
import { alone, evict, newRun, room } from "./support/rooms.ts";
import { agent, batchedViewer, line } from "./support/sockets.ts";

const sample = (id: string): AnyEvent => ({ type: "sample_generated", timestamp: "2026-11-01T00:00:00.000Z", sample_id: id });

function store(woken: Room, events: AnyEvent[], now: number): void {
  woken.core.log.append(events, now);
  woken.core.log.storeTail(now);
}

/** What somebody is told who comes now. */
async function told(run: string, query: string): Promise<Record<string, unknown>> {
  return (await batchedViewer(run, query)).nextOf("welcome");
}

describe("trimming", () => {
  test("VW3 the oldest events go when the log is too large; what they left behind stays", async () => {
    const run = newRun();
    await agent(run, { run_info: { name: "long" } });
    const large = Array.from({ length: 20 }, (_, i) => line(`${i} ${"x".repeat(50_000)}`));
    await alone(run, 0, (woken) => {
      store(woken, [sample("first")], 1000);
      for (let stored = 0; stored < LOG_BYTES_MAX + 8e6; stored += 1e6) store(woken, large, 2000);
      store(woken, [line("last")], 3000);
      expect(woken.core.store.chunks.bytes()).toBeLessThanOrEqual(LOG_BYTES_MAX);
      expect(woken.core.store.chunks.bytes()).toBeGreaterThan(LOG_BYTES_MAX - 2e6);
    });
    await evict(run);
    const welcome = await told(run, "?replay=0");
    const oldest = welcome.oldest_offset as number;
    expect(oldest).toBeGreaterThan(2);
    expect(JSON.parse((await room(run).detail()) ?? "{}")).toMatchObject({ oldest_offset: oldest, run_info: { name: "long" } });
    expect(welcome.snapshot).toMatchObject({ run_info: { name: "long" }, samples: [{ sample_id: "first" }] });
    const all = { before: Number.MAX_SAFE_INTEGER, limit: 10 };
    expect(JSON.parse((await room(run).samples(all)) ?? "{}")).toMatchObject({ samples: [{ sample_id: "first", offset: 2 }], next: null });
    expect(await told(run, `?since=${welcome.log_id}:${oldest - 1}`)).toMatchObject({ recovered: true });
    expect(await told(run, `?since=${welcome.log_id}:${oldest - 2}`)).toMatchObject({ recovered: false, oldest_offset: oldest });
    const page = JSON.parse((await room(run).events({ after: 0, before: null, limit: 2, events: ["*"] })) ?? "{}");
    expect(page.events[0].offset).toBe(oldest);
  }, 60_000);

  test("VW3 events go when they are a week old; the newest row always stays", async () => {
    const run = newRun();
    await agent(run);
    const row = () => Array.from({ length: 3 }, () => line("x".repeat(40_000)));
    const { log_id } = await told(run, "?replay=0");
    await alone(run, 0, (woken) => {
      store(woken, row(), 1000);
      store(woken, row(), 1000 + LOG_AGE_MAX_MS);
      expect(woken.core.log.oldestOffset).toBe(1);
      store(woken, row(), 1001 + LOG_AGE_MAX_MS);
      expect(woken.core.log.oldestOffset).toBeGreaterThan(1);
      store(woken, row(), 5000 + 3 * LOG_AGE_MAX_MS);
      expect(woken.core.log.oldestOffset).toBe(woken.core.log.lastOffset - 2);
    });
    await evict(run);
    expect(await told(run, `?since=${log_id}:3`)).toMatchObject({ recovered: false });
    expect(await told(run, `?since=${log_id}:10`)).toMatchObject({ recovered: true, oldest_offset: 11, last_offset: 13 });
  });
});

/** The largest row of a table, in bytes of UTF-8, as the platform counts it. */
async function largestRow(run: string, table: string, columns: string[]): Promise<number> {
  const bytes = columns.map((column) => `LENGTH(CAST(COALESCE(${column}, '') AS BLOB))`).join(" + ");
  return runInDurableObject(
    room(run),
    (_, { storage }) => storage.sql.exec<{ most: number }>(`SELECT MAX(${bytes}) AS most FROM ${table}`).one().most,
  );
}

describe("the platform's row limit, which a local run does not enforce", () => {
  test("PR3 no row passes it, with a snapshot as large as it gets and events as large as they may be", async () => {
    const run = newRun();
    const wide = (bytes: number) => "漢".repeat(Math.floor(bytes / 3));
    const producer = await agent(run, { run_info: { name: "wide", config: { notes: wide(250_000) } } });
    const gpus = Array.from({ length: 64 }, (_, index) => ({ index, uuid: wide(600), name: wide(600) }));
    const state: AnyEvent[] = [
      { type: "training_progress", loss: 1, more: wide(40_000) },
      { type: "training_status", status: "running", message: wide(24_000), error: wide(24_000) },
      { type: "sample_progress", step: 1, more: wide(31_000) },
      { type: "system_stats", gpus },
      { type: "validation_result", validation_loss: 1, more: wide(31_000) },
      ...Array.from({ length: 25 }, (_, i) => ({ ...sample(`s${i}`), prompt: wide(12_000), more: wide(19_000) })),
    ];
    producer.batch(state);
    await producer.nextOf("ack");
    const largest = () => ({ type: "custom", text: wide(EVENT_MAX - 200) });
    producer.batch([largest(), line("between"), largest(), largest(), line("last")]);
    await producer.nextOf("ack");
    for (let n = 0; n < 5; n++) producer.batch([largest(), line(String(n))]);
    while ((await producer.nextOf("ack")).seq !== 45);
    expect(await largestRow(run, "chunks", ["events", "state"])).toBeLessThanOrEqual(CHUNK_ROW_MAX);
    expect(await largestRow(run, "chunks", ["events", "state"])).toBeGreaterThan(EVENT_MAX);
    expect(await largestRow(run, "samples", ["event", "sample_id"])).toBeLessThanOrEqual(CHUNK_ROW_MAX);
    expect(await largestRow(run, "meta", ["value", "key"])).toBeLessThanOrEqual(CHUNK_ROW_MAX);
    await evict(run);
    const welcome = await told(run, "?replay=0");
    expect((welcome.snapshot as { samples: unknown[] }).samples).toHaveLength(12);
    expect(welcome.last_offset).toBe(46);
  }, 60_000);

  test("PR3 an event is measured in bytes: one that only counts as small in characters is refused", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.send({ type: "batch", first_seq: 1, events: [{ type: "custom", text: "漢".repeat(400_000) }], flush: true });
    expect(await producer.next()).toMatchObject({ type: "error", code: "event_too_big", seq: 1 });
    producer.batch([line("1")]);
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 1 });
  });
});
