import assert from "node:assert/strict";
import { conform } from "../support/case.ts";
import { line } from "../support/events.ts";
import { refused } from "../support/http.ts";
import { attempt } from "../support/peer.ts";
import { hello } from "../support/producer.ts";

/** AC6, VW8: past a limit there is a typed error, then a close; nobody else notices. */
export const limits = [
  conform("AC6, VW8 a viewer's frame over 1 MiB: an error that says so, then 1009, and others go on", async (at) => {
    const producer = await at.producer();
    const other = await at.viewer("?replay=0");
    for (const frame of [JSON.stringify({ type: "ping", timestamp: "x".repeat(1024 * 1024) }), new Uint8Array(1024 * 1024 + 1)]) {
      const viewer = await at.viewer("?replay=0");
      viewer.sendRaw(frame);
      assert.partialDeepStrictEqual(await viewer.nextOf("error"), { code: "frame_too_big" });
      assert.equal((await viewer.closed).code, 1009);
    }
    await producer.store([line("on")]);
    assert.equal((await other.nextEvent(() => true)).message, "on");
  }),

  conform("AC6 a frame is measured in bytes, not in characters", async (at) => {
    await at.producer();
    const viewer = await at.viewer("?replay=0");
    viewer.sendRaw(JSON.stringify({ type: "no_such_thing", text: "€".repeat(349_000) }));
    assert.partialDeepStrictEqual(await viewer.nextOf("error"), { code: "unknown_type" });
    viewer.sendRaw(JSON.stringify({ type: "no_such_thing", text: "€".repeat(350_000) }));
    assert.partialDeepStrictEqual(await viewer.nextOf("error"), { code: "frame_too_big" });
    assert.equal((await viewer.closed).code, 1009);
  }),

  conform("AC6, CM2 a prompt is measured in bytes, not in characters", async (at) => {
    await at.producer();
    const operator = await at.viewer("?events=log&replay=0", { role: "operator" });
    const ask = (id: string, prompt: string) => operator.send({ type: "command", id, command: "sample", prompt });
    ask("fits", "🎨".repeat(1024));
    assert.partialDeepStrictEqual(await operator.nextOf("command_ack"), { id: "fits" });
    for (const prompt of ["🎨".repeat(1025), "灯".repeat(1366), "x".repeat(4097)]) {
      ask("too-long", prompt);
      assert.partialDeepStrictEqual(await operator.nextOf("error"), { code: "invalid_message" });
      const body = { id: "too-long", command: "sample", prompt };
      refused(await at.http(`/api/runs/${at.run}/commands`, "operator", { method: "POST", body }), 400, "invalid_message");
    }
  }),

  conform("AC6, VW8 an agent's frame over 4 MiB: an error that says so, then 1009; one under it is taken", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    const big = { type: "bulk", text: "x".repeat(1_000_000) };
    producer.send({ type: "batch", first_seq: 1, events: [big, big, big, big], flush: true });
    await producer.acked(4);
    producer.send({ type: "batch", first_seq: 5, events: [big, big, big, big, big], flush: true });
    assert.partialDeepStrictEqual(await producer.nextOf("error"), { code: "frame_too_big" });
    assert.equal((await producer.closed).code, 1009);
    await at.producer({ next_seq: 5, sent_seq: 4 });
    await viewer.upToPong();
  }),

  conform("AC6 a run_info over 256 KiB is refused, and makes no run; a smaller one may come after it", async (at) => {
    const peer = await at.silentProducer();
    peer.send(hello({ run_info: { config: { text: "x".repeat(256 * 1024) } } }));
    assert.partialDeepStrictEqual(await peer.next(), { type: "error", code: "invalid_message" });
    refused(await at.http(`/api/runs/${at.run}`, "viewer"), 404, "run_not_found");
    peer.send(hello({ run_info: { config: { text: "x".repeat(200 * 1024) } } }));
    assert.equal((await peer.next()).type, "ready");
  }),

  ...(["plain", "runcast.v1.json"] as const).map((mode) =>
    conform(`AC6, VW8 a viewer that floods: an error that says when to come back, then 4029, and others go on: ${mode}`, async (at) => {
      const producer = await at.producer();
      const other = await at.viewer("?replay=0");
      const flooding = await at.viewer("?replay=0", { mode });
      for (let n = 0; n < 1000; n++) flooding.send({ type: "ping", timestamp: n });
      const error = await flooding.nextOf("error");
      assert.partialDeepStrictEqual(error, { code: "rate_limited" });
      assert.ok(Number(error.retry_after_ms) > 0);
      assert.equal((await flooding.closed).code, 4029);
      await producer.store([line("on")]);
      assert.equal((await other.nextEvent(() => true)).message, "on");
      await (await at.viewer("?replay=0", { mode })).upToPong();
    }),
  ),

  conform("AC6 a burst of 60 messages is answered to the last", async (at) => {
    await at.producer();
    const viewer = await at.viewer("?replay=0");
    for (let n = 0; n < 60; n++) viewer.send({ type: "ping", timestamp: n });
    for (let n = 0; n < 60; n++) assert.equal((await viewer.nextOf("pong")).client_timestamp, n);
  }),

  conform("AC6, VW6 a fast reader that acknowledges every batch at once, hundreds a second, is not limited for it", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    const base = viewer.welcome.last_offset;
    const batches = 400;
    // Each waits for the one before, so that each is a frame of its own.
    let acks = 0;
    for (let n = 1; n <= batches; n++) {
      producer.batch([line(`${n}`)]);
      for (let through = base; through < base + n; acks++) {
        through = Number((await viewer.nextOf("batch")).through);
        viewer.send({ type: "ack", through });
      }
    }
    assert.ok(acks >= batches, `${acks} acks`);
    // And it has the whole burst left for what it wants to say.
    for (let n = 0; n < 50; n++) viewer.send({ type: "ping", timestamp: n });
    for (let n = 0; n < 50; n++) assert.equal((await viewer.nextOf("pong")).client_timestamp, n);
  }),

  conform("AC6 an agent that says what the log does not take, without end: an error, then 4029; the next one goes on", async (at) => {
    const producer = await at.producer();
    for (let n = 0; n < 3000; n++) producer.send({ type: "ping", timestamp: n });
    assert.partialDeepStrictEqual(await producer.nextOf("error"), { code: "rate_limited" });
    assert.equal((await producer.closed).code, 4029);
    await (await at.producer()).store([line("on")]);
  }),

  conform("AC6 welcome and ready tell the limits", async (at) => {
    const peer = await at.silentProducer();
    peer.send(hello());
    const told = { max_frame_bytes: 4_194_304, max_event_bytes: 1_048_576, max_batch_events: 10_000, max_blob_bytes: 67_108_864 };
    assert.partialDeepStrictEqual(await peer.nextOf("ready"), { limits: { ...told, messages_per_second: 50 } });
    const { limits } = (await at.viewer("?replay=0")).welcome;
    const viewers = { messages_per_second: 20, messages_burst: 60, connections_per_run: 5000, upgrades_per_minute: 600 };
    assert.partialDeepStrictEqual(limits, { ...viewers, max_frame_bytes: 1_048_576, subscriptions: 64, prompt_bytes: 4096 });
  }),

  conform(
    "AC6 upgrades past 600 a minute and address are refused with 429, and say when to come back",
    async (at) => {
      // Everything else that comes from this address has to wait for a minute, too.
      for (let n = 0; n < 40; n++) {
        const openings = await Promise.all(Array.from({ length: 50 }, () => attempt(`${at.target.ws}/runs/${at.run}/ws`, {})));
        for (const opening of openings) {
          if (opening.ok) assert.fail("an upgrade without a token is let in");
          if (opening.status !== 429) continue;
          refused(opening, 429, "rate_limited");
          assert.ok(Number(opening.headers["retry-after"]) > 0);
          return;
        }
      }
      assert.fail("2,000 upgrades within moments were all let through");
    },
    { slow: true, alone: true },
  ),
];
