import { SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { AGENT_FRAME_MAX, VIEWER_MESSAGES_BURST } from "../../protocol/index.ts";
import { MessageBucket, messageTokens } from "../../worker/run/message-bucket.ts";
import { greeted } from "./support/greeted.ts";
import { alone, evict, newRun, room } from "./support/rooms.ts";
import { agent, batchedViewer, type Json, line, messages, openAs, type Peer } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const MODES = ["plain", "runcast.v1.json", "runcast.v1.proto"] as const;
/** Far more than a burst and what comes back while they are sent. */
const FLOOD = 300;

function ping(peer: Peer, times: number): void {
  for (let n = 0; n < times; n++) peer.send({ type: "ping", timestamp: n });
}

/** @returns the error that says so; others come before it */
async function rateLimit(peer: Peer): Promise<Json> {
  let error = await peer.nextOf("error");
  while (error.code !== "rate_limited") error = await peer.nextOf("error");
  return error;
}

/** @returns the error that ended the connection, after which nothing came */
async function limited(peer: Peer): Promise<Json> {
  const error = await peer.nextOf("error");
  expect(error).toMatchObject({ code: "rate_limited" });
  expect(await peer.closed).toMatchObject({ code: 4029 });
  expect(peer.waiting()).toEqual([]);
  return error;
}

describe("a bucket", () => {
  const allowance = { perSecond: 20, burst: 60 };

  test("AC6 a bucket gives a burst, then as much as comes back", () => {
    const bucket = new MessageBucket(allowance, null, 0);
    for (let n = 0; n < 60; n++) expect(bucket.take(1, 0)).toBe(true);
    expect(bucket.take(1, 50)).toBe(true);
    expect(bucket.fullIn(50)).toBe(3000);
    expect(bucket.take(1, 99)).toBe(false);
  });

  test("AC6 once it was asked for too much it gives nothing more", () => {
    const bucket = new MessageBucket(allowance, null, 0);
    expect(bucket.take(61, 0)).toBe(false);
    expect(bucket.take(1, 60_000)).toBe(false);
  });

  test("AC6 it holds no more than a burst, and a clock that is set back takes nothing", () => {
    const bucket = new MessageBucket(allowance, null, 0);
    bucket.giveBack(10);
    expect(bucket.take(40, 60_000)).toBe(true);
    expect(bucket.take(20, 0)).toBe(true);
    expect(bucket.level).toEqual({ tokens: 0, at: 0 });
  });

  test("AC6 a remembered level goes on from where it was", () => {
    const bucket = new MessageBucket(allowance, { tokens: 10, at: 1000 }, 1500);
    expect(bucket.low).toBe(true);
    expect(bucket.take(20, 1500)).toBe(true);
    expect(bucket.take(1, 1500)).toBe(false);
  });

  test.each([
    [0, 1],
    [64 * 1024, 1],
    [64 * 1024 + 1, 2],
    [1024 * 1024, 16],
    [30 * 1024 * 1024, 16],
  ])("AC6 a frame of %i bytes counts as %i messages", (bytes, tokens) => {
    expect(messageTokens("x".repeat(bytes), 1024 * 1024)).toBe(tokens);
    expect(messageTokens(new ArrayBuffer(bytes), 1024 * 1024)).toBe(tokens);
  });

  test("AC6 bytes count, not characters", () => {
    expect(messageTokens("\u6f22".repeat(40 * 1024), 1024 * 1024)).toBe(2);
  });
});

describe("a viewer's messages", () => {
  test.each(MODES)("AC6 a flood ends with an error that says when to come back, then 4029; others get every event: %s", async (mode) => {
    const run = newRun();
    const producer = await agent(run);
    const other = await openAs(run, "runcast.v1.json", {});
    const flooding = await openAs(run, mode, {});
    ping(flooding, FLOOD);
    producer.batch([line("one"), line("two")]);
    const error = await limited(flooding);
    expect(error.retry_after_ms).toBeGreaterThan(2000);
    expect(error.retry_after_ms).toBeLessThanOrEqual(3000);
    expect(messages((await other.nextOf("batch")).events)).toEqual(["one", "two"]);
    // It may come back.
    await openAs(run, mode, {});
  });

  test("AC6 a burst is answered to the last message", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await openAs(run, "plain", {});
    ping(viewer, VIEWER_MESSAGES_BURST);
    for (let n = 0; n < VIEWER_MESSAGES_BURST; n++) expect(await viewer.nextOf("pong")).toMatchObject({ client_timestamp: n });
  });

  test("AC6 what cannot be read counts like the rest", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await openAs(run, "plain", {});
    for (let n = 0; n < FLOOD; n++) viewer.sendRaw("{");
    let read = 0;
    for (let frame = await viewer.nextOf("error"); frame.code !== "rate_limited"; frame = await viewer.nextOf("error")) read += 1;
    expect(read).toBeGreaterThanOrEqual(VIEWER_MESSAGES_BURST);
    expect(await viewer.closed).toMatchObject({ code: 4029 });
  });

  test("AC6 a large frame counts as many", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await openAs(run, "plain", {});
    for (let n = 0; n < 20; n++) viewer.send({ type: "ping", timestamp: n, padding: "x".repeat(1024 * 1024 - 100) });
    await limited(viewer);
  });

  test("AC6 a refresh counts as many: each asks the directory", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await openAs(run, "plain", {});
    const made = await token({});
    for (let n = 0; n < 20; n++) viewer.send({ type: "refresh", token: made });
    await limited(viewer);
  });

  test("AC6 what was sent counts after a hibernation too", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await openAs(run, "plain", {});
    ping(viewer, 50);
    for (let n = 0; n < 50; n++) await viewer.nextOf("pong");
    await evict(run);
    // Fewer than a burst: a new bucket would give them all.
    ping(viewer, VIEWER_MESSAGES_BURST - 2);
    await limited(viewer);
  });

  test("AC6 acks for what was sent are not limited, those for nothing are", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run);
    await viewer.nextOf("welcome");
    for (let n = 0; n < FLOOD; n++) {
      producer.batch([line(`${n}`)], false);
      viewer.send({ type: "ack", through: (await viewer.nextOf("batch")).through });
    }
    viewer.send({ type: "ping", timestamp: "still here" });
    expect(await viewer.nextOf("pong")).toMatchObject({ client_timestamp: "still here" });
    for (let n = 0; n < FLOOD; n++) viewer.send({ type: "ack", through: 1 });
    await limited(viewer);
  });
});

describe("an agent's messages", () => {
  const AGENT_FLOOD = 2000;

  test.each(["hello", "ping", "duplicate", "gap", "invalid"])("AC6 a flood that the log does not take ends with 4029: %s", async (kind) => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("first")]);
    await producer.nextOf("ack");
    const hello = { type: "hello", protocol: 1, life: "life-1", next_seq: 2, sent_seq: 1, agent: { name: "test", version: "0" } };
    const batch = (first_seq: number) => ({ type: "batch", first_seq, events: [line("again")] });
    const flood: Record<string, unknown> = { hello, ping: { type: "ping" }, duplicate: batch(1), gap: batch(9), invalid: { type: "what" } };
    for (let n = 0; n < AGENT_FLOOD; n++) producer.send(flood[kind]);
    expect(await rateLimit(producer)).toMatchObject({ retry_after_ms: expect.any(Number) });
    expect(await producer.closed).toMatchObject({ code: 4029 });
    expect((await agent(run, { next_seq: 2, sent_seq: 1 })).ready).toMatchObject({ type: "ready", last_seq: 1 });
  });

  test("AC6 so does one at a run that does not exist", async () => {
    const peer = await openAs(newRun(), "agent", { role: "agent" });
    for (let n = 0; n < AGENT_FLOOD; n++) peer.sendRaw("{");
    await rateLimit(peer);
    expect(await peer.closed).toMatchObject({ code: 4029 });
  });

  test("AC6 one that is told to go is gone at once: nothing that follows counts, however long its socket stays", async () => {
    const run = newRun();
    await agent(run).then((first) => first.close());
    await alone(run, 0, (there) => {
      const producer = greeted(there, run, { exp: 1e12, now: 1 });
      producer.say({ type: "ping", padding: "x".repeat(AGENT_FRAME_MAX) }, 2);
      expect(producer.closed).toEqual([1009]);
      const { last_offset } = there.detail();
      producer.say({ type: "batch", first_seq: 1, events: [line("late")], flush: true }, 3);
      expect(producer.told.at(-1)).toMatchObject({ type: "error", code: "frame_too_big" });
      expect(there.detail()).toMatchObject({ agent_connected: false, last_offset });
      expect(there.status({ count: 0, bytes: 0 }).limits).toMatchObject({ agents: 0, refused: { frame_too_big: 1 } });
    });
  });

  test("AC6 a stranger that is told to go begins no run with what follows", async () => {
    const run = newRun();
    const peer = await openAs(run, "agent", { role: "agent" });
    peer.sendRaw("x".repeat(AGENT_FRAME_MAX + 1));
    peer.send({ type: "hello", protocol: 1, life: "life-1", next_seq: 1, sent_seq: 0, agent: { name: "test", version: "0" } });
    expect(await peer.closed).toMatchObject({ code: 1009 });
    expect(await room(run).summary()).toBeNull();
  });

  test("AC6 what the log takes is not limited", async () => {
    const producer = await agent(newRun());
    for (let n = 0; n < AGENT_FLOOD; n++) producer.batch([line(`${n}`)], n === AGENT_FLOOD - 1);
    for (let ack = await producer.nextOf("ack"); ack.seq !== AGENT_FLOOD; ) ack = await producer.nextOf("ack");
  });

  test.each(["a run", "no run yet"])("AC6 past 16 sockets the oldest that does not produce goes: %s", async (there) => {
    const run = newRun();
    const producer = there === "a run" ? await agent(run) : null;
    const waiting: Peer[] = [];
    while (waiting.length < (producer ? 15 : 16)) waiting.push(await openAs(run, "agent", { role: "agent" }));
    const latest = await openAs(run, "agent", { role: "agent" });
    await limited(waiting[0] as Peer);
    for (const peer of [latest, ...waiting.slice(1)]) {
      peer.send({ type: "batch", first_seq: 1, events: [line("no")] });
      expect(await peer.nextOf("error")).toMatchObject({ code: "hello_first" });
    }
    producer?.batch([line("on")]);
    if (producer) expect(await producer.nextOf("ack")).toMatchObject({ seq: 1 });
  });
});

describe("who asks", () => {
  test("AC6 welcome and ready tell the limits", async () => {
    const run = newRun();
    const { ready } = await agent(run);
    expect(ready.limits).toEqual({
      max_frame_bytes: 4_194_304,
      max_event_bytes: 1_048_576,
      max_batch_events: 10_000,
      max_blob_bytes: 67_108_864,
      messages_per_second: 50,
    });
    expect((await (await batchedViewer(run)).nextOf("welcome")).limits).toMatchObject({
      messages_per_second: 20,
      messages_burst: 60,
      connections_per_run: 5000,
      upgrades_per_minute: 600,
      subscriptions: 64,
      prompt_bytes: 4096,
    });
  });

  test("AC6 the status says how full a run is, and what was refused", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await openAs(run, "plain", {});
    ping(viewer, FLOOD);
    await limited(viewer);
    const status = JSON.parse((await room(run).status()) ?? "") as Record<string, unknown>;
    expect(status.limits).toEqual({ viewers: 0, viewers_max: 5000, agents: 1, agents_max: 16, refused: { rate_limited: 1 } });
    expect(status.blobs).toEqual({ count: 0, bytes: 0, count_max: 20_000, bytes_max: 4_294_967_296 });
  });

  test("AC6 upgrades past the limit of an address are counted, by their number and nothing else", async () => {
    const headers = { Upgrade: "websocket", "CF-Connecting-IP": crypto.randomUUID() };
    const refused = async () => {
      const answer = await SELF.fetch("https://relay.test/api/ws/status", { headers: { Authorization: `Bearer ${await token()}` } });
      return (await answer.json<{ upgrades: { limit_per_minute: number; refused: number } }>()).upgrades;
    };
    const before = await refused();
    expect(before.limit_per_minute).toBe(600);
    let told = 0;
    // The limit counts by the minute: where one ends meanwhile, it begins anew.
    for (let n = 0; n < 1800 && told < 3; n++) if ((await SELF.fetch("https://relay.test/ws", { headers })).status === 429) told += 1;
    expect(told).toBe(3);
    expect((await refused()).refused).toBe(before.refused + 3);
  });
});
