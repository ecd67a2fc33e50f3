import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { evict, newRun, room } from "./support/rooms.ts";
import { agent, batchedViewer, line, messages, open } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

async function sql(run: string, ...queries: string[]): Promise<void> {
  await runInDurableObject(room(run), (_, { storage }) => queries.forEach((query) => void storage.sql.exec(query)));
}

const full = (run: string) =>
  sql(
    run,
    "CREATE TRIGGER full BEFORE INSERT ON chunks BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    "CREATE TRIGGER fuller BEFORE UPDATE ON chunks BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
  );
const empty = (run: string) => sql(run, "DROP TRIGGER full", "DROP TRIGGER fuller");

async function alarmIn(run: string): Promise<number> {
  const at = await runInDurableObject(room(run), (_, { storage }) => storage.getAlarm());
  return at === null ? Number.POSITIVE_INFINITY : at - Date.now();
}

/** A run with one event stored, and one that a viewer has seen and no row holds. */
async function withTail() {
  const run = newRun();
  const producer = await agent(run);
  const viewer = await batchedViewer(run, "?replay=0");
  await viewer.nextOf("welcome");
  producer.batch([line("stored")]);
  await producer.nextOf("ack");
  producer.batch([line("in the tail")], false);
  expect(messages([...((await viewer.next()).events as []), ...((await viewer.next()).events as [])])).toEqual(["stored", "in the tail"]);
  return { run, producer, viewer };
}

describe("a room that starts again", () => {
  test("PR1 what viewers saw is not sent again, though it was the producer's end that woke the room", async () => {
    const { run, producer, viewer } = await withTail();
    await evict(run);
    producer.close();
    await producer.closed;
    const back = await agent(run, { next_seq: 2, sent_seq: 2 });
    back.batch([line("in the tail"), line("after")]);
    const batch = await viewer.nextOf("batch");
    expect(messages(batch.events)).toEqual(["after"]);
  });

  test("PR1 who joins a room that has lost its tail gets what others have seen, also after another hibernation", async () => {
    const { run, producer, viewer } = await withTail();
    await evict(run);
    const late = await batchedViewer(run, "?replay=0");
    expect(await late.nextOf("welcome")).toMatchObject({ last_offset: 2 });
    await evict(run);
    producer.send({ type: "batch", first_seq: 2, events: [line("in the tail"), line("after")], flush: true });
    expect(messages((await late.nextOf("batch")).events)).toEqual(["in the tail", "after"]);
    expect(messages((await viewer.nextOf("batch")).events)).toEqual(["after"]);
  });

  test("CM1 what happens to a command while the room holds its events back is told, though the room slept meanwhile", async () => {
    const { run, producer, viewer } = await withTail();
    await evict(run);
    expect(await room(run).command({ id: "c1", command: "backup" }, "somebody")).toMatchObject({ value: "delivered" });
    await evict(run);
    producer.send({ type: "batch", first_seq: 2, events: [line("in the tail")], flush: true });
    const states: unknown[] = [];
    while (states.length < 2) for (const event of (await viewer.nextOf("batch")).events as { state: string }[]) states.push(event.state);
    expect(states).toEqual(["queued", "delivered"]);
  });

  test("PR2 a hello that was on its way for long takes nothing over from the connection that its agent has made since", async () => {
    const run = newRun();
    const early = await open(`/runs/${run}/agent`, { Authorization: `Bearer ${await token({ role: "agent" })}` });
    const producer = await agent(run, { life: "the same" });
    early.send({ type: "hello", protocol: 1, life: "the same", next_seq: 1, sent_seq: 0, agent: { name: "t", version: "0" } });
    expect(await early.closed).toMatchObject({ code: 4105 });
    producer.batch([line("1")]);
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 1 });
  });

  test("HL2 a later alarm does not replace an earlier one that was set before the room slept", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.close();
    await producer.closed;
    await vi.waitFor(async () => expect(await alarmIn(run)).toBeLessThanOrEqual(10_000));
    await evict(run);
    await room(run).command({ id: "c1", command: "backup" }, "somebody");
    expect(await alarmIn(run)).toBeLessThanOrEqual(10_000);
  });

  test("PR3 storage that fails when the producer goes loses nothing: it comes back, and viewers see each event once", async () => {
    const { run, producer, viewer } = await withTail();
    await full(run);
    producer.close();
    await producer.closed;
    await empty(run);
    const back = await agent(run, { next_seq: 2, sent_seq: 2 });
    expect(back.ready).toMatchObject({ last_seq: 1 });
    back.batch([line("in the tail"), line("after")]);
    expect(await back.nextOf("ack")).toMatchObject({ seq: 3 });
    expect(messages((await viewer.nextOf("batch")).events)).toEqual(["after"]);
  });

  test("CM1 storage that fails under a command over HTTP leaves no trace of it, and the same one can be asked for again", async () => {
    const run = newRun();
    const producer = await agent(run);
    await full(run);
    expect(await room(run).command({ id: "c1", command: "backup" }, "somebody")).toMatchObject({ ok: false, code: "internal" });
    await empty(run);
    expect(JSON.parse((await room(run).commands()) ?? "null")).toEqual([]);
    expect(await room(run).command({ id: "c1", command: "backup" }, "somebody")).toMatchObject({ value: "delivered" });
    expect(await producer.nextOf("command")).toMatchObject({ id: "c1" });
  });
});
