import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { alone, evict, newRun, room } from "./support/rooms.ts";
import { agent, batchedViewer, line, messages, open } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

/** The last offset that is stored, and in how many rows. */
async function stored(run: string): Promise<{ through: number; rows: number }> {
  const query = "SELECT MAX(last_offset) AS through, COUNT(*) AS rows FROM chunks";
  return runInDurableObject(room(run), (_, state) => state.storage.sql.exec<{ through: number; rows: number }>(query).one());
}

describe("the producer", () => {
  test("PR1 a new life is ready at 0, and an event's offset is base + seq", async () => {
    const run = newRun();
    const producer = await agent(run);
    expect(producer.ready).toMatchObject({ type: "ready", life: "life-1", last_seq: 0, demand: { mode: "idle", batch_ms: 15000 } });
    producer.batch([line("1"), line("2")]);
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 2 });
    const again = await agent(run, { next_seq: 3, sent_seq: 2 });
    expect(again.ready).toMatchObject({ last_seq: 2 });
  });

  test("PR1 events sent again after an eviction that lost the tail get the same offsets, and viewers see them once", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run, "?replay=0");
    await viewer.nextOf("welcome");
    producer.batch([line("stored")], true);
    await producer.nextOf("ack");
    producer.batch([line("in the tail")], false);
    expect((await viewer.next()).through).toBe(2);
    expect((await viewer.next()).through).toBe(3);
    await evict(run);
    producer.send({ type: "batch", first_seq: 3, events: [line("after")], flush: true });
    expect(await producer.nextOf("error")).toMatchObject({ code: "sequence_gap", expected: 2 });
    producer.send({ type: "batch", first_seq: 2, events: [line("in the tail"), line("after")], flush: true });
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 3 });
    const batch = await viewer.next();
    expect(messages(batch.events)).toEqual(["after"]);
    expect(batch.through).toBe(4);
    const late = await batchedViewer(run);
    await late.nextOf("welcome");
    expect(messages((await late.next()).events)).toEqual(["stored", "in the tail", "after"]);
  });

  test("PR1 a room's own event is held until the producer has sent again what viewers may have seen", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("1")], true);
    await producer.nextOf("ack");
    producer.batch([line("2")], false);
    await evict(run, "close");
    const back = await agent(run, { next_seq: 2, sent_seq: 2 });
    expect(back.ready).toMatchObject({ last_seq: 1 });
    const operator = await batchedViewer(run, "?replay=0", "operator");
    const welcome = await operator.nextOf("welcome");
    operator.send({ type: "command", id: "c1", command: "backup" });
    await operator.nextOf("command_ack");
    back.send({ type: "batch", first_seq: 2, events: [line("2")], flush: true });
    const events: { type: string; offset: number }[] = [];
    while (events.length < 3) events.push(...((await operator.nextOf("batch")).events as typeof events));
    expect(events.map((event) => [event.type, event.offset])).toEqual([
      ["log", 3],
      ["command_status", 4],
      ["command_status", 5],
    ]);
    expect((await batchedViewer(run).then((viewer) => viewer.next())).log_id).toBe(welcome.log_id);
  });

  test("PR1 a new life begins a new log_id; viewers are told from where", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run, "?replay=0");
    const welcome = await viewer.nextOf("welcome");
    producer.batch([line("old")]);
    await viewer.nextOf("batch");
    const next = await agent(run, { life: "life-2" });
    expect(next.ready).toMatchObject({ last_seq: 0 });
    const renumbered = await viewer.next();
    expect(renumbered).toMatchObject({ type: "renumbered", from: 3 });
    expect(renumbered.log_id).not.toBe(welcome.log_id);
    next.batch([line("new")]);
    expect(await viewer.next()).toMatchObject({ type: "batch", through: 3 });
    const resumed = await batchedViewer(run, `?since=${welcome.log_id}:2`);
    expect(await resumed.next()).toMatchObject({ recovered: true, log_id: renumbered.log_id });
    const past = await batchedViewer(run, `?since=${welcome.log_id}:3`);
    expect(await past.next()).toMatchObject({ recovered: false });
  });

  test("PR1 a viewer that starts over gets the events of the new numbering, also after a hibernation", async () => {
    const run = newRun();
    const producer = await agent(run);
    const first = await batchedViewer(run);
    const { log_id } = await first.nextOf("welcome");
    producer.batch([line("old")]);
    await producer.nextOf("ack");
    const ahead = await batchedViewer(run, `?since=${log_id}:5`);
    expect(await ahead.nextOf("welcome")).toMatchObject({ recovered: true, last_offset: 2 });
    const next = await agent(run, { life: "life-2" });
    expect(await ahead.nextOf("welcome")).toMatchObject({ recovered: false, last_offset: 2 });
    await evict(run);
    next.batch([line("3"), line("4"), line("5"), line("6")]);
    const batch = await ahead.nextOf("batch");
    expect(messages(batch.events)).toEqual(["3", "4", "5", "6"]);
  });

  test("PR1 while own events are held back, the agent's return is told once", async () => {
    const run = newRun();
    const producer = await agent(run, { sent_seq: 3 });
    for (const text of ["1", "2", "3"]) producer.batch([line(text)]);
    while ((await producer.nextOf("ack")).seq !== 3);
    const viewer = await batchedViewer(run);
    await viewer.nextOf("welcome");
    const types = ((await viewer.next()).events as { type: string }[]).map((event) => event.type);
    expect(types).toEqual(["log", "log", "log", "agent_status"]);
  });

  test("PR1 a run comes into being with hello, not with a connection", async () => {
    const run = newRun();
    const silent = await open(`/runs/${run}/agent`, { Authorization: `Bearer ${await token({ role: "agent" })}` });
    silent.send({ type: "hello", protocol: 2 });
    expect(await silent.next()).toMatchObject({ type: "error", code: "invalid_message" });
    await expect(batchedViewer(run)).rejects.toThrow("404");
    silent.send({ type: "hello", protocol: 1, life: "l", next_seq: 1, sent_seq: 0, agent: { name: "t", version: "0" } });
    expect(await silent.next()).toMatchObject({ type: "ready" });
    expect(await (await batchedViewer(run)).next()).toMatchObject({ type: "welcome" });
  });

  test("PR1 a life that the room has lost goes on where the producer is", async () => {
    const run = newRun();
    const producer = await agent(run, { life: "older", next_seq: 41, sent_seq: 45 });
    expect(producer.ready).toMatchObject({ last_seq: 40 });
    producer.batch([line("41")]);
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 41 });
  });

  test("PR1 a producer that does not come back: the room's event begins a new log_id", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("1")], true);
    await producer.nextOf("ack");
    const before = await batchedViewer(run);
    const { log_id } = await before.nextOf("welcome");
    producer.batch([line("2")], false);
    await before.nextOf("batch");
    await evict(run, "close");
    const start = Date.now();
    await alone(run, start, (woken) => {
      // The agent gets ten seconds to return from the moment at which the room woke.
      woken.wake(start + 9_000);
      expect(woken.core.log.state.agent_status).toMatchObject({ connected: true });
      woken.wake(start + 10_000);
      expect(woken.core.log.state.agent_status).toMatchObject({ connected: false, offset: 3 });
      expect(woken.core.log.logId).not.toBe(log_id);
    });
    await evict(run, "close");
    const past = await batchedViewer(run, `?since=${log_id}:3`);
    expect(await past.next()).toMatchObject({ recovered: false, snapshot: { agent_status: { connected: false } } });
    const inTime = await batchedViewer(run, `?since=${log_id}:2`);
    expect(await inTime.next()).toMatchObject({ recovered: true });
    expect(await inTime.next()).toMatchObject({ type: "batch", events: [{ type: "agent_status", offset: 3 }] });
  });

  test("PR2 what is here already is acknowledged and ignored, a gap is answered with what was expected", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("1"), line("2")]);
    await producer.nextOf("ack");
    producer.send({ type: "batch", first_seq: 1, events: [line("1"), line("2")] });
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 2 });
    producer.send({ type: "batch", first_seq: 2, events: [line("2"), line("3")], flush: true });
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 3 });
    producer.send({ type: "batch", first_seq: 9, events: [line("9")] });
    expect(await producer.next()).toMatchObject({ type: "error", code: "sequence_gap", expected: 4 });
    const viewer = await batchedViewer(run);
    await viewer.nextOf("welcome");
    expect(messages((await viewer.next()).events)).toEqual(["1", "2", "3"]);
  });

  test("PR2 a later connection takes over with its hello, and the earlier one is closed with 4105", async () => {
    const run = newRun();
    const earlier = await agent(run);
    earlier.batch([line("1")]);
    await earlier.nextOf("ack");
    const silent = await open(`/runs/${run}/agent`, { Authorization: `Bearer ${await token({ role: "agent" })}` });
    earlier.batch([line("2")]);
    expect(await earlier.nextOf("ack")).toMatchObject({ seq: 2 });
    silent.send({ type: "hello", protocol: 1, life: "life-1", next_seq: 3, sent_seq: 2, agent: { name: "t", version: "0" } });
    expect(await silent.next()).toMatchObject({ type: "ready", last_seq: 2 });
    expect(await earlier.closed).toMatchObject({ code: 4105 });
  });

  test("PR2 a life that was superseded is refused with 4106, and told what of it is stored, also where that is nothing", async () => {
    const run = newRun();
    const first = await agent(run);
    first.batch([line("1"), line("2")]);
    first.batch([line("3")], false);
    const second = await agent(run, { life: "life-2" });
    second.batch([line("a")]);
    const zombie = await agent(run, { next_seq: 1, sent_seq: 5 });
    expect(zombie.ready).toMatchObject({ type: "error", code: "stale_life", last_seq: 3 });
    expect(await zombie.closed).toMatchObject({ code: 4106 });
    await agent(run, { life: "life-3", next_seq: 7, sent_seq: 7 });
    await agent(run, { life: "life-4" });
    expect((await agent(run, { life: "life-2" })).ready).toMatchObject({ code: "stale_life", last_seq: 1 });
    expect((await agent(run, { life: "life-3", next_seq: 7, sent_seq: 7 })).ready).toMatchObject({ code: "stale_life", last_seq: 6 });
  });

  test("PR2 a life that was superseded is not taken up again", async () => {
    const run = newRun();
    await agent(run);
    await agent(run, { life: "life-2" });
    const zombie = await agent(run, { next_seq: 5, sent_seq: 5 });
    expect(zombie.ready).toMatchObject({ type: "error", code: "stale_life", last_seq: 0 });
    expect(await zombie.closed).toMatchObject({ code: 4106 });
  });

  test("PR2 a batch before hello is refused, and the connection goes on", async () => {
    const run = newRun();
    const producer = await open(`/runs/${run}/agent`, { Authorization: `Bearer ${await token({ role: "agent" })}` });
    producer.send({ type: "batch", first_seq: 1, events: [line("1")] });
    expect(await producer.next()).toMatchObject({ type: "error", code: "hello_first" });
  });

  test("PR2 a batch with one bad event is refused whole, and says which", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.send({ type: "batch", first_seq: 1, events: [line("1"), { type: "training_status", status: "flying" }], flush: true });
    expect(await producer.next()).toMatchObject({
      type: "error",
      code: "invalid_message",
      seq: 2,
      message: expect.stringContaining("event 2"),
    });
    producer.send({ type: "batch", first_seq: 1, events: [line("1")], flush: true });
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 1 });
  });

  test("PR3 an event that no row could hold is refused with its number, and the rest can still come", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.send({ type: "batch", first_seq: 1, events: [line("1"), { type: "custom", text: "x".repeat(1024 * 1024) }], flush: true });
    expect(await producer.next()).toMatchObject({
      type: "error",
      code: "event_too_big",
      seq: 2,
      message: expect.stringContaining("event 2"),
    });
    producer.send({ type: "batch", first_seq: 1, events: [line("1")], flush: true });
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 1 });
  });

  test("PR3 viewers have events before they are stored, and the ack comes after", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run, "?replay=0");
    await viewer.nextOf("welcome");
    producer.batch([line("1")], false);
    expect(await viewer.next()).toMatchObject({ through: 2 });
    expect(await stored(run)).toMatchObject({ through: 1 });
    producer.batch([line("2"), line("3")], true);
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 3 });
    expect(await stored(run)).toMatchObject({ through: 4 });
  });

  test("PR3 a chunk's row grows in place until it is full, and reads the same after an eviction", async () => {
    const run = newRun();
    const producer = await agent(run);
    const texts = Array.from({ length: 40 }, (_, i) => `${i} ${"é".repeat(3000)}`);
    for (const text of texts) producer.batch([line(text)]);
    while ((await producer.nextOf("ack")).seq !== texts.length);
    const { rows } = await stored(run);
    expect(rows).toBe(2);
    await evict(run);
    const late = await batchedViewer(run);
    await late.nextOf("welcome");
    const events: unknown[] = [];
    while (messages(events).length < texts.length) events.push(...((await late.nextOf("batch")).events as unknown[]));
    expect(messages(events)).toEqual(texts);
    producer.batch([line("goes on in the same row")]);
    await producer.nextOf("ack");
    expect(await stored(run)).toEqual({ through: texts.length + 2, rows });
  });

  test("PR3 64 KiB waiting are stored without being asked", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("small")], false);
    producer.batch(
      Array.from({ length: 20 }, () => line("x".repeat(4000))),
      false,
    );
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 21 });
  });

  test("PR3 a chunk never passes the platform's row limit", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch(Array.from({ length: 450 }, (_, i) => line(`${i} ${"é".repeat(4000)}`)));
    expect(await producer.nextOf("ack")).toMatchObject({ seq: 450 });
    const largest = await runInDurableObject(room(run), (_, state) => {
      const query = "SELECT MAX(LENGTH(CAST(events AS BLOB)) + LENGTH(CAST(COALESCE(state, '') AS BLOB))) AS bytes FROM chunks";
      return state.storage.sql.exec<{ bytes: number }>(query).one().bytes;
    });
    expect(largest).toBeLessThan(2_000_000);
    await evict(run);
    const back = await agent(run, { next_seq: 451, sent_seq: 450 });
    expect(back.ready).toMatchObject({ last_seq: 450 });
  });

  test("PR3 storage that fails loses nothing: the producer is cut off, comes back, and viewers see each event once", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run, "?replay=0");
    await viewer.nextOf("welcome");
    const sql = (query: string) => runInDurableObject(room(run), (_, state) => void state.storage.sql.exec(query));
    await sql("CREATE TRIGGER full BEFORE UPDATE ON chunks BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    producer.batch([line("1")]);
    expect(messages((await viewer.nextOf("batch")).events)).toEqual(["1"]);
    await sql("DROP TRIGGER full");
    expect(await producer.closed).toMatchObject({ code: 1011 });
    const back = await agent(run, { next_seq: 1, sent_seq: 1 });
    expect(back.ready).toMatchObject({ last_seq: 0 });
    back.batch([line("1"), line("2")]);
    expect(await back.nextOf("ack")).toMatchObject({ seq: 2 });
    expect(messages((await viewer.nextOf("batch")).events)).toEqual(["2"]);
  });

  test("PR5 the agent is told when somebody comes to watch, and when nobody is left", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run);
    expect(await producer.nextOf("demand")).toMatchObject({ mode: "live", batch_ms: 100 });
    viewer.close();
    expect(await producer.nextOf("demand")).toMatchObject({ mode: "idle" });
  });
});
