import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { conform } from "../support/case.ts";
import { line, lines, status } from "../support/events.ts";
import { eventsOf } from "../support/viewer.ts";

/** The platform takes an idle object out of memory after ten seconds, here as on the edge. Nothing tells of it: time has to pass. */
const IDLE_MS = 13_000;

const KEEPALIVE = '{"type":"keepalive"}';
const KEEPALIVE_ACK = '{"type":"keepalive_ack"}';

/** VW5 and VW7: what a room may not forget when it sleeps, and what must not wake it. */
export const hibernation = [
  conform("VW5 subscriptions, as they are now, and roles outlive a long silence, and so do positions and the producer", async (at) => {
    const producer = await at.producer();
    const named = await at.viewer("?events=log,metrics&replay=0", { role: "operator" });
    const plain = await at.viewer("?events=log&replay=0", { mode: "plain" });
    const all = await at.viewer("?replay=0");
    const base = all.welcome.last_offset;
    named.send({ type: "unsubscribe", events: ["log"] });
    await named.nextOf("unsubscribed");
    plain.send({ type: "subscribe", events: ["training_status"] });
    await plain.nextOf("subscribed");
    await producer.store([line("before")]);
    await all.readTo(base + 1);
    await plain.readTo(base + 1);
    await delay(IDLE_MS);
    // No hello again: the room knows its producer from the socket.
    const seq = producer.batch([line("after"), { type: "metrics", steps: [1], series: { loss: [0.5] } }, status("running")]);
    await producer.acked(seq);
    assert.deepEqual(
      eventsOf(await named.upToPong()).map((event) => [event.type, event.offset]),
      [["metrics", base + 3]],
    );
    assert.deepEqual(
      eventsOf(await plain.upToPong()).map((event) => [event.type, event.offset]),
      [
        ["log", base + 2],
        ["training_status", base + 4],
      ],
    );
    assert.equal((await all.readTo(base + 4)).length, 3);
    named.send({ type: "subscribe", events: ["log"] });
    assert.deepEqual(new Set((await named.nextOf("subscribed")).all_subscriptions as string[]), new Set(["log", "metrics"]));
    named.send({ type: "command", id: "c1", command: "backup" });
    assert.partialDeepStrictEqual(await named.nextOf("command_ack"), { id: "c1", state: "delivered" });
  }),

  conform("VW5 a viewer that fell behind is still behind after a long silence, and misses nothing", async (at) => {
    const producer = await at.producer();
    const slow = await at.viewer("?replay=0");
    const base = slow.welcome.last_offset;
    for (let n = 0; n < 4; n++) {
      await producer.store(Array.from({ length: 100 }, (_, i) => line(`${n * 100 + i} ${"x".repeat(4000)}`)));
    }
    await delay(IDLE_MS);
    await producer.store(lines(3));
    const events = await slow.readTo(base + 403, true);
    assert.deepEqual(
      events.map((event) => event.offset),
      Array.from({ length: 403 }, (_, i) => base + 1 + i),
    );
  }),

  conform("VW7 the text that welcome names is answered letter for letter, also many times at once", async (at) => {
    await at.producer();
    for (const mode of ["plain", "runcast.v1.json"] as const) {
      const viewer = await at.viewer("?replay=0", { mode });
      assert.partialDeepStrictEqual(viewer.welcome.keepalive, { send: KEEPALIVE, reply: KEEPALIVE_ACK });
      assert.ok(viewer.welcome.keepalive.every_ms >= 1000);
      for (let n = 0; n < 5; n++) viewer.sendRaw(KEEPALIVE);
      for (let n = 0; n < 5; n++) assert.equal(await viewer.nextText(), KEEPALIVE_ACK);
      assert.deepEqual(await viewer.upToPong(), []);
    }
  }),

  conform("VW7 the agent's socket is kept alive in the same way", async (at) => {
    const producer = await at.producer();
    producer.sendRaw(KEEPALIVE);
    assert.equal(await producer.nextText(), KEEPALIVE_ACK);
  }),

  conform("VW7 keep-alives keep their place among other messages", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?events=*&replay=0", { mode: "plain" });
    for (let n = 0; n < 20; n++) {
      viewer.sendRaw(KEEPALIVE);
      viewer.send({ type: "ping", timestamp: n });
    }
    producer.batch(lines(20));
    const frames: string[] = [];
    while (frames.length < 60) frames.push((JSON.parse(await viewer.nextText()) as { type: string }).type);
    const count = (type: string) => frames.filter((each) => each === type).length;
    assert.deepEqual([count("keepalive_ack"), count("pong"), count("log")], [20, 20, 20]);
  }),
];
