import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { evict, newRun, room } from "./support/rooms.ts";
import { agent, batchedViewer, line, messages, plainViewer } from "./support/sockets.ts";

describe("batched mode", () => {
  test("VW2 gets batches of every type, with its sub-protocol echoed and the token not", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run, "?replay=0");
    expect(viewer.protocol).toBe("runcast.v1.json");
    await viewer.nextOf("welcome");
    producer.batch([line("a"), line("b")]);
    const batch = await viewer.next();
    expect(batch).toMatchObject({ type: "batch", through: 3 });
    expect(messages(batch.events)).toEqual(["a", "b"]);
  });

  test("VW3 without a position the newest events are replayed, and recovered is false", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch(Array.from({ length: 700 }, (_, i) => line(`${i}`)));
    await producer.nextOf("ack");
    const viewer = await batchedViewer(run);
    expect(await viewer.next()).toMatchObject({ type: "welcome", recovered: false, last_offset: 701 });
    const replayed = await viewer.next();
    expect(messages(replayed.events)).toEqual(Array.from({ length: 500 }, (_, i) => `${i + 200}`));
    expect(replayed.through).toBe(701);
  });

  test("VW3 the limit of a replay counts after the filter", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([{ type: "training_status", status: "starting" }, ...Array.from({ length: 600 }, (_, i) => line(`${i}`))]);
    await producer.nextOf("ack");
    const viewer = await plainViewer(run, "?events=training_status&replay=1");
    await viewer.nextOf("welcome");
    expect(await viewer.next()).toMatchObject({ type: "training_status", status: "starting", offset: 2 });
  });

  test("VW3 resumes after a position without a hole, from stored chunks and from the tail", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("1"), line("2")]);
    await producer.nextOf("ack");
    producer.batch([line("3")], false);
    const first = await batchedViewer(run);
    const welcome = await first.next();
    await first.nextOf("batch");
    const resumed = await batchedViewer(run, `?since=${welcome.log_id}:2`);
    expect(await resumed.next()).toMatchObject({ type: "welcome", recovered: true });
    const batch = await resumed.next();
    expect(messages(batch.events)).toEqual(["2", "3"]);
    expect(batch.through).toBe(4);
  });

  test.each(["nonsense", "unknown-log:1", ":", "1", "LOG:99999999", "LOG:-1"])(
    "VW3 a position that makes no sense is not called recovered: %s",
    async (since) => {
      const run = newRun();
      await agent(run);
      const viewer = await batchedViewer(run);
      const { log_id } = await viewer.next();
      const other = await batchedViewer(run, `?since=${since.replace("LOG", String(log_id))}`);
      expect(await other.next()).toMatchObject({ type: "welcome", recovered: false });
    },
  );

  test("VW3 a position just past the end is good, and what comes again is not sent twice", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run);
    const { log_id } = await viewer.next();
    const ahead = await batchedViewer(run, `?since=${log_id}:3`);
    expect(await ahead.next()).toMatchObject({ recovered: true, last_offset: 1 });
    producer.batch([line("2"), line("3"), line("4")]);
    const batch = await ahead.next();
    expect(messages(batch.events)).toEqual(["4"]);
    expect(batch.through).toBe(4);
  });

  test("VW4 each offset arrives once and in order, whenever a viewer joins", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewers = [];
    for (let i = 0; i < 10; i++) {
      producer.batch([line(`${i}`)], i % 3 === 0);
      viewers.push(await batchedViewer(run));
    }
    producer.batch([line("end")]);
    for (const viewer of viewers) {
      const offsets: number[] = [];
      for (let seen = ""; seen !== "end"; ) {
        const batch = await viewer.nextOf("batch");
        for (const event of batch.events as { offset: number; message?: string }[]) {
          offsets.push(event.offset);
          seen = event.message ?? seen;
        }
      }
      expect(offsets).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    }
  });

  test("VW4 filtered events advance the position with the next frame", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run, "?events=training_status&replay=0");
    await viewer.nextOf("welcome");
    producer.batch([line("out"), line("out")]);
    producer.batch([{ type: "training_status", status: "running" }, line("out")]);
    expect(await viewer.next()).toMatchObject({ type: "batch", through: 5, events: [{ type: "training_status", offset: 4 }] });
  });

  test("VW5 role and connect-time subscription are tags; a later change survives hibernation in the attachment", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run, "?events=log,metrics&replay=0", "operator");
    await viewer.nextOf("welcome");
    await runInDurableObject(room(run), (_, state) => {
      const [socket] = state.getWebSockets("viewer");
      expect(socket && state.getTags(socket)).toEqual(["viewer", "role:operator", "events:log,metrics"]);
    });
    viewer.send({ type: "unsubscribe", events: ["log"] });
    await viewer.nextOf("unsubscribed");
    await evict(run);
    producer.batch([line("out"), { type: "metrics", steps: [1], series: { loss: [0.5] } }]);
    expect(await viewer.next()).toMatchObject({ type: "batch", events: [{ type: "metrics", offset: 3 }], through: 3 });
    viewer.send({ type: "subscribe", events: ["log"] });
    expect(await viewer.next()).toMatchObject({ type: "subscribed", all_subscriptions: ["log", "metrics"] });
  });

  test("VW5 many long names fit into the platform's ten tags", async () => {
    const run = newRun();
    await agent(run);
    const names = Array.from({ length: 64 }, (_, i) => `${"n".repeat(60)}${i}`);
    const viewer = await batchedViewer(run, `?events=${names.join(",")}`);
    expect(await viewer.next()).toMatchObject({ type: "welcome" });
  });
});
