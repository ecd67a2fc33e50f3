import assert from "node:assert/strict";
import { conform } from "../support/case.ts";
import { line, lines, messages, status } from "../support/events.ts";
import { ask } from "../support/http.ts";

/** VW1: a client written from the seed's documents, `wscat` or a browser's console needs nothing else. */
export const plainMode = [
  conform("VW1 welcome comes first, with everything that a client has to know", async (at) => {
    await at.producer();
    const { welcome } = await at.viewer("", { mode: "plain", sub: "Ada" });
    assert.equal(welcome.run, at.run);
    assert.equal(welcome.role, "viewer");
    assert.equal(welcome.recovered, false);
    assert.ok(welcome.client_id.length > 0);
    assert.ok(welcome.log_id.length > 0);
    assert.partialDeepStrictEqual(welcome.limits, {
      ack_every_bytes: 131072,
      window_bytes: 1048576,
      max_frame_bytes: 1048576,
      messages_per_second: 20,
    });
    assert.deepEqual(welcome.snapshot.viewers, { count: 1, names: ["Ada"] });
    const other = await at.viewer("", { mode: "plain" });
    assert.notEqual(other.welcome.client_id, welcome.client_id);
  }),

  conform("VW1 a plain viewer gets no event before it subscribes, and then each in a frame of its own", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("", { mode: "plain" });
    await producer.store([line("before")]);
    assert.deepEqual(await viewer.upToPong(), []);
    viewer.send({ type: "subscribe", events: ["log"] });
    await viewer.nextOf("subscribed");
    producer.batch([line("a"), status("running"), line("b")]);
    const first = await viewer.next();
    assert.partialDeepStrictEqual(first, { type: "log", level: "info", message: "a" });
    const second = await viewer.next();
    assert.partialDeepStrictEqual(second, { type: "log", message: "b", offset: (first.offset as number) + 2 });
  }),

  conform("VW1 subscribe and unsubscribe are answered with what was asked and what it comes to", async (at) => {
    await at.producer();
    const viewer = await at.viewer("", { mode: "plain" });
    viewer.send({ type: "subscribe", events: ["training_progress", "log"] });
    const subscribed = await viewer.next();
    assert.partialDeepStrictEqual(subscribed, { type: "subscribed", events: ["training_progress", "log"] });
    assert.deepEqual(new Set(subscribed.all_subscriptions as string[]), new Set(["log", "training_progress"]));
    viewer.send({ type: "subscribe", events: ["a_type_of_tomorrow"] });
    const more = await viewer.next();
    assert.deepEqual(new Set(more.all_subscriptions as string[]), new Set(["log", "training_progress", "a_type_of_tomorrow"]));
    viewer.send({ type: "unsubscribe", events: ["log", "a_type_of_tomorrow", "never_subscribed"] });
    assert.partialDeepStrictEqual(await viewer.next(), {
      type: "unsubscribed",
      events: ["log", "a_type_of_tomorrow", "never_subscribed"],
      remaining_subscriptions: ["training_progress"],
    });
  }),

  conform("VW1 what is unsubscribed comes no more, and the rest goes on", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?events=log,training_status&replay=0", { mode: "plain" });
    viewer.send({ type: "unsubscribe", events: ["log"] });
    await viewer.nextOf("unsubscribed");
    await producer.store([line("out"), status("running"), line("out")]);
    const frames = await viewer.upToPong();
    assert.deepEqual(
      frames.map((frame) => frame.type),
      ["training_status"],
    );
  }),

  conform("VW1 a ping's timestamp comes back as it was, number or text, with the server's own", async (at) => {
    await at.producer();
    const viewer = await at.viewer("", { mode: "plain" });
    for (const timestamp of [42, 1.5, "2026-11-01T00:00:00Z", ""]) {
      viewer.send({ type: "ping", timestamp });
      const pong = await viewer.next();
      assert.partialDeepStrictEqual(pong, { type: "pong", client_timestamp: timestamp });
      assert.ok(!Number.isNaN(Date.parse(String(pong.server_timestamp))));
    }
    viewer.send({ type: "ping" });
    assert.equal((await viewer.next()).type, "pong");
  }),

  ...(
    [
      ["invalid JSON", "{ not json", "invalid_json"],
      ["an empty frame", "", "invalid_json"],
      ["a type that it does not know", '{"type":"no_such_thing"}', "unknown_type"],
      ["JSON without a type", '{"events":["log"]}', "invalid_message"],
      ["JSON that is no object", "[1]", "invalid_message"],
      ["null", "null", "invalid_message"],
      ["a known type without its fields", '{"type":"subscribe"}', "invalid_message"],
      ["a subscription to no text", '{"type":"subscribe","events":[1]}', "invalid_message"],
      ["a name of 65 characters", JSON.stringify({ type: "subscribe", events: ["n".repeat(65)] }), "invalid_message"],
      ["65 names", JSON.stringify({ type: "subscribe", events: Array.from({ length: 65 }, (_, i) => `n${i}`) }), "invalid_message"],
      ["a binary frame", new Uint8Array([1, 2, 3]), "binary_frame"],
    ] as const
  ).map(([what, frame, code]) =>
    conform(`VW1 ${what} is answered with an error, and the connection goes on`, async (at) => {
      await at.producer();
      const viewer = await at.viewer("", { mode: "plain" });
      viewer.sendRaw(frame);
      const error = await viewer.next();
      assert.partialDeepStrictEqual(error, { type: "error", code });
      assert.ok(String(error.message).length > 0);
      assert.deepEqual(await viewer.upToPong(), []);
    }),
  ),

  conform("VW1 fields that it does not know are ignored", async (at) => {
    await at.producer();
    const viewer = await at.viewer("", { mode: "plain" });
    viewer.send({ type: "subscribe", events: ["log"], timestamp: "2026-11-01T00:00:00.000Z", not_known: { deep: true } });
    assert.deepEqual((await viewer.nextOf("subscribed")).events, ["log"]);
    viewer.send({ type: "ping", timestamp: 1, not_known: 1 });
    assert.equal((await viewer.next()).type, "pong");
  }),

  conform("VW1 64 subscriptions are the most that one connection holds", async (at) => {
    await at.producer();
    const viewer = await at.viewer("", { mode: "plain" });
    viewer.send({ type: "subscribe", events: Array.from({ length: 64 }, (_, i) => `${"n".repeat(61)}${i}`) });
    assert.equal(((await viewer.nextOf("subscribed")).all_subscriptions as string[]).length, 64);
    viewer.send({ type: "subscribe", events: ["one_more"] });
    assert.partialDeepStrictEqual(await viewer.next(), { type: "error", code: "invalid_message" });
  }),

  conform("VW1 ?events=a,b subscribes when it connects, and replays the newest of these", async (at) => {
    const producer = await at.producer();
    await producer.store([line("1"), status("running"), { type: "custom_thing", n: 1 }]);
    const viewer = await at.viewer("?events=log,custom_thing", { mode: "plain" });
    assert.deepEqual(
      (await viewer.upToPong()).map((frame) => frame.type),
      ["log", "custom_thing"],
    );
    await producer.store([status("completed"), line("2")]);
    assert.deepEqual(messages(await viewer.readTo(Number(viewer.welcome.last_offset) + 2)), ["2"]);
  }),

  conform("VW1 ?events=* is every type, those that nobody knows yet too", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?events=*&replay=0", { mode: "plain" });
    await producer.store([line("1"), { type: "a_type_of_tomorrow", anything: { goes: [1] } }, status("running")]);
    const events = await viewer.readTo(viewer.welcome.last_offset + 3);
    assert.deepEqual(
      events.map((event) => event.type),
      ["log", "a_type_of_tomorrow", "training_status"],
    );
    assert.partialDeepStrictEqual(events[1], { anything: { goes: [1] } });
  }),

  conform('VW1 "*" in a subscription is every type', async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("", { mode: "plain" });
    viewer.send({ type: "subscribe", events: ["*"] });
    assert.deepEqual((await viewer.nextOf("subscribed")).all_subscriptions, ["*"]);
    await producer.store([line("1"), status("running")]);
    assert.deepEqual(
      (await viewer.upToPong()).map((frame) => frame.type),
      ["log", "training_status"],
    );
  }),

  conform("VW1 runcast.plain is the same mode by name", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("", { mode: "runcast.plain" });
    assert.equal(viewer.protocol, "runcast.plain");
    await producer.store([line("before")]);
    assert.deepEqual(await viewer.upToPong(), []);
    viewer.send({ type: "subscribe", events: ["log"] });
    await viewer.nextOf("subscribed");
    producer.batch([line("after")]);
    assert.partialDeepStrictEqual(await viewer.next(), { type: "log", message: "after" });
  }),

  conform("VW1 an ack, which a plain viewer need not send, is taken without a word", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?events=*&replay=0", { mode: "plain" });
    viewer.send({ type: "ack", through: 1 });
    await producer.store(lines(2));
    assert.deepEqual(
      (await viewer.upToPong()).map((frame) => frame.type),
      ["log", "log"],
    );
  }),

  conform("VW1 /ws?run= is the same endpoint, and /ws the newest run that the token may see", async (at) => {
    const producer = await at.producer();
    await producer.store([line("1")]);
    const headers = { Authorization: `Bearer ${await at.token("viewer")}` };
    for (const path of [`/ws?run=${at.run}`, "/ws"]) {
      const peer = await at.open(path, { headers });
      assert.partialDeepStrictEqual(await peer.next(), { type: "welcome", run: at.run });
    }
  }),

  conform("VW1 the endpoint asked without an upgrade says what it is", async (at) => {
    await at.producer();
    const answer = await ask(`${at.target.url}/runs/${at.run}/ws`, { headers: { Authorization: `Bearer ${await at.token("viewer")}` } });
    assert.equal(answer.status, 426);
    assert.partialDeepStrictEqual(answer.json, { error: { code: "upgrade_required" } });
  }),
];
