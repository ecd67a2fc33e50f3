import { describe, expect, test } from "vitest";
import { newRun } from "./support/rooms.ts";
import { agent, line, plainViewer } from "./support/sockets.ts";

describe("plain mode", () => {
  test("VW1 welcomes with who one is, where the log stands and how to keep alive", async () => {
    const run = newRun();
    await agent(run, { run_info: { name: "A run" } });
    const viewer = await plainViewer(run);
    const welcome = await viewer.next();
    expect(welcome).toMatchObject({ type: "welcome", run, role: "viewer", recovered: false, last_offset: 1, oldest_offset: 1 });
    expect(welcome).toHaveProperty("client_id", expect.stringMatching(/.+/));
    expect(welcome).toHaveProperty("snapshot.run_info.name", "A run");
    expect(welcome).toHaveProperty("keepalive.send", '{"type":"keepalive"}');
    expect(viewer.protocol).toBeNull();
  });

  test("VW1 is subscribed to nothing until it subscribes, and then gets every event as its own frame", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await plainViewer(run);
    await viewer.nextOf("welcome");
    producer.batch([line("unseen")]);
    await producer.nextOf("ack");
    viewer.send({ type: "subscribe", events: ["log"] });
    expect(await viewer.next()).toMatchObject({ type: "subscribed", events: ["log"], all_subscriptions: ["log"] });
    producer.batch([line("first"), { type: "training_status", status: "running" }, line("second")]);
    expect(await viewer.next()).toMatchObject({ type: "log", message: "first", offset: 3 });
    expect(await viewer.next()).toMatchObject({ type: "log", message: "second", offset: 5 });
  });

  test("VW1 tells what is left after an unsubscribe", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await plainViewer(run, "?events=log,metrics");
    await viewer.nextOf("welcome");
    viewer.send({ type: "unsubscribe", events: ["log", "never_subscribed"] });
    expect(await viewer.next()).toMatchObject({
      type: "unsubscribed",
      events: ["log", "never_subscribed"],
      remaining_subscriptions: ["metrics"],
    });
  });

  test.each([1763896884123, "2026-11-23T11:00:00Z"])("VW1 answers a ping with the timestamp as it was: %s", async (timestamp) => {
    const run = newRun();
    await agent(run);
    const viewer = await plainViewer(run);
    await viewer.nextOf("welcome");
    viewer.send({ type: "ping", timestamp });
    expect(await viewer.next()).toMatchObject({ type: "pong", client_timestamp: timestamp, server_timestamp: expect.any(String) });
  });

  test.each([
    ["invalid JSON", "{", "invalid_json"],
    ["an unknown type", '{"type":"dance"}', "unknown_type"],
    ["no object", "7", "invalid_message"],
    ["a wrong shape", '{"type":"subscribe","events":"log"}', "invalid_message"],
    ["too many names", JSON.stringify({ type: "subscribe", events: Array.from({ length: 65 }, (_, i) => `e${i}`) }), "invalid_message"],
    ["an unknown field in a command", '{"type":"command","id":"1","command":"stop","force":true}', "invalid_message"],
    ["a binary frame", new ArrayBuffer(4), "binary_frame"],
  ])("VW1 answers %s with an error, and the connection goes on", async (_, frame, code) => {
    const run = newRun();
    await agent(run);
    const viewer = await plainViewer(run);
    await viewer.nextOf("welcome");
    viewer.sendRaw(frame);
    expect(await viewer.next()).toMatchObject({ type: "error", code, message: expect.any(String) });
    viewer.send({ type: "ping", timestamp: 1 });
    expect(await viewer.next()).toMatchObject({ type: "pong" });
  });

  test("VW1 connects with ?events=* to every type, known or not", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await plainViewer(run, "?events=*&replay=0");
    await viewer.nextOf("welcome");
    producer.batch([{ type: "from_the_future", depth: { kept: true } }]);
    expect(await viewer.next()).toMatchObject({ type: "from_the_future", depth: { kept: true }, offset: 2 });
  });

  test("VW8 a frame over the limit closes with 1009", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await plainViewer(run);
    await viewer.nextOf("welcome");
    viewer.sendRaw(JSON.stringify({ type: "ping", timestamp: "x".repeat(1024 * 1024) }));
    expect(await viewer.next()).toMatchObject({ type: "error", code: "frame_too_big" });
    expect(await viewer.closed).toMatchObject({ code: 1009 });
  });

  test("VW7 the keep-alive is answered by the platform, also while the room is out of memory", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await plainViewer(run);
    const welcome = await viewer.next();
    const { evict } = await import("./support/rooms.ts");
    await evict(run);
    viewer.sendRaw((welcome.keepalive as { send: string }).send);
    expect(await viewer.next()).toEqual({ type: "keepalive_ack" });
  });
});
