import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { conform } from "../support/case.ts";
import { line, lines, messages, status, withoutHole } from "../support/events.ts";
import { eventsOf } from "../support/viewer.ts";

/** VW2, and what a filter does to positions (VW4). */
export const batchedMode = [
  conform("VW2 runcast.v1.json is echoed, and the token beside it never is", async (at) => {
    await at.producer();
    const token = await at.token("viewer");
    for (const protocols of [
      ["runcast.v1.json", `bearer.${token}`],
      [`bearer.${token}`, "runcast.v1.json"],
    ]) {
      const peer = await at.open(`/runs/${at.run}/ws`, { protocols });
      assert.equal(peer.protocol, "runcast.v1.json");
      assert.equal((await peer.next()).type, "welcome");
    }
  }),

  conform("VW2 without ?events= a batched viewer gets every type, many events a frame, and where it is after them", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    const base = viewer.welcome.last_offset;
    producer.batch([line("a"), status("running"), { type: "a_type_of_tomorrow" }, line("b")]);
    const batch = await viewer.next();
    assert.partialDeepStrictEqual(batch, { type: "batch", through: base + 4 });
    assert.deepEqual(
      eventsOf([batch]).map((event) => event.type),
      ["log", "training_status", "a_type_of_tomorrow", "log"],
    );
    withoutHole(eventsOf([batch]), base + 1, base + 4);
  }),

  conform(
    "VW2 runcast.v1.proto is echoed, its frames are binary, and what is no message of it leaves the connection as it is",
    async (at) => {
      const producer = await at.producer();
      const token = await at.token("viewer");
      const peer = await at.open(`/runs/${at.run}/ws?replay=0`, { protocols: ["runcast.v1.proto", `bearer.${token}`] });
      assert.equal(peer.protocol, "runcast.v1.proto");
      const binary = async () => assert.equal((await peer.next()).type, "binary frame");
      await binary();
      peer.send({ type: "ping" });
      await binary();
      peer.sendRaw(new Uint8Array([255, 255, 255]));
      await binary();
      peer.sendRaw('{"type":"keepalive"}');
      assert.deepEqual(await peer.next(), { type: "keepalive_ack" });
      producer.batch([line("a")]);
      await binary();
    },
  ),

  conform("VW2 subscribe, unsubscribe and ping are answered as in plain mode", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    viewer.send({ type: "unsubscribe", events: ["*"] });
    assert.partialDeepStrictEqual(await viewer.next(), { type: "unsubscribed", events: ["*"], remaining_subscriptions: [] });
    viewer.send({ type: "subscribe", events: ["log"] });
    assert.partialDeepStrictEqual(await viewer.next(), { type: "subscribed", events: ["log"], all_subscriptions: ["log"] });
    await producer.store([status("running"), line("wanted")]);
    const events = eventsOf(await viewer.upToPong());
    assert.deepEqual(messages(events), ["wanted"]);
    assert.equal(events.length, 1);
  }),

  ...(
    [
      ["a binary frame", new Uint8Array([123, 125]), "binary_frame"],
      ["invalid JSON", "{", "invalid_json"],
      ["an unknown type", '{"type":"batch","events":[]}', "unknown_type"],
      ["an ack of nothing", '{"type":"ack"}', "invalid_message"],
    ] as const
  ).map(([what, frame, code]) =>
    conform(`VW2 ${what} is answered with an error, and the connection goes on`, async (at) => {
      const producer = await at.producer();
      const viewer = await at.viewer("?replay=0");
      viewer.sendRaw(frame);
      assert.partialDeepStrictEqual(await viewer.next(), { type: "error", code });
      producer.batch([line("after")]);
      assert.deepEqual(messages(eventsOf([await viewer.nextOf("batch")])), ["after"]);
    }),
  ),

  conform("VW4 events that the filter takes out move the position with the next frame", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?events=training_status&replay=0");
    const base = viewer.welcome.last_offset;
    await producer.store([line("out"), line("out")]);
    await producer.store([status("running"), line("out")]);
    const [batch, ...more] = await viewer.upToPong();
    assert.deepEqual(more, []);
    assert.partialDeepStrictEqual(batch, { type: "batch", through: base + 4 });
    assert.deepEqual(
      eventsOf(batch ? [batch] : []).map((event) => [event.type, event.offset]),
      [["training_status", base + 3]],
    );
  }),

  conform("VW4 a filter that takes out everything still moves the position: an empty batch after five seconds of events", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?events=training_status&replay=0");
    const base = viewer.welcome.last_offset;
    // The room has no timers: the batch comes with an event, once five seconds have gone by.
    let over = false;
    const came = viewer.nextOf("batch").finally(() => {
      over = true;
    });
    came.catch(() => undefined);
    let sent = 0;
    while (!over) {
      await producer.store([line(`${sent}`)]);
      sent += 1;
      await delay(250);
    }
    const batch = await came;
    assert.deepEqual(batch.events, []);
    assert.ok((batch.through as number) > base && (batch.through as number) <= base + sent, `through ${batch.through}`);
    const back = await at.viewer(`?since=${viewer.welcome.log_id}:${batch.through}`);
    assert.equal(back.welcome.recovered, true);
  }),

  conform("VW4 a resumed viewer's filter moves its position over what it has missed", async (at) => {
    const producer = await at.producer();
    const first = await at.viewer("?replay=0");
    await producer.store([...lines(3), status("running"), ...lines(3)]);
    const base = first.welcome.last_offset;
    const viewer = await at.viewer(`?events=training_status&since=${first.welcome.log_id}:${base}`);
    assert.equal(viewer.welcome.recovered, true);
    const events = await viewer.readTo(base + 7);
    assert.deepEqual(
      events.map((event) => event.offset),
      [base + 4],
    );
  }),
];
