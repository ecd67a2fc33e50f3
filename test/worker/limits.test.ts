import { describe, expect, test } from "vitest";
import { VIEWER_MESSAGES_BURST } from "../../protocol/index.ts";
import { MessageBucket, messageTokens } from "../../worker/run/message-bucket.ts";
import { evict, newRun } from "./support/rooms.ts";
import { agent, batchedViewer, type Json, line, messages, openAs, type Peer } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const MODES = ["plain", "runcast.v1.json", "runcast.v1.proto"] as const;
/** Far more than a burst and what comes back while they are sent. */
const FLOOD = 300;

function ping(peer: Peer, times: number): void {
  for (let n = 0; n < times; n++) peer.send({ type: "ping", timestamp: n });
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
    expect(bucket.exhausted).toBe(true);
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
    expect(messageTokens(bytes, 1024 * 1024)).toBe(tokens);
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
