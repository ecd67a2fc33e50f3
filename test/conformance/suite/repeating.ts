import assert from "node:assert/strict";
import type { AnyEvent } from "../../../protocol/index.ts";
import { conform } from "../support/case.ts";
import { line, lines, messages } from "../support/events.ts";
import { eventsOf } from "../support/viewer.ts";

/** PR2: numbering by seq makes every repetition harmless. */
export const repeating = [
  conform("PR2 a batch that is here already is acknowledged and ignored", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    await producer.store(lines(3));
    for (const [first, count] of [
      [1, 3],
      [1, 1],
      [3, 1],
    ] as const) {
      producer.send({ type: "batch", first_seq: first, events: lines(count, 90), flush: true });
      assert.partialDeepStrictEqual(await producer.next(), { type: "ack", seq: 3 });
    }
    assert.deepEqual(messages(eventsOf(await viewer.upToPong())), ["0", "1", "2"]);
  }),

  conform("PR2 of an overlapping batch what is new is taken", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    await producer.store(lines(3));
    producer.send({ type: "batch", first_seq: 2, events: [line("again"), line("again"), line("3"), line("4")], flush: true });
    await producer.acked(5);
    assert.deepEqual(messages(eventsOf(await viewer.upToPong())), ["0", "1", "2", "3", "4"]);
  }),

  conform("PR2 a gap is answered with what was expected, and the connection goes on from there", async (at) => {
    const producer = await at.producer();
    producer.send({ type: "batch", first_seq: 2, events: [line("too early")], flush: true });
    assert.partialDeepStrictEqual(await producer.next(), { type: "error", code: "sequence_gap", expected: 1 });
    await producer.store(lines(2));
    producer.send({ type: "batch", first_seq: 9, events: lines(1), flush: true });
    assert.partialDeepStrictEqual(await producer.next(), { type: "error", code: "sequence_gap", expected: 3 });
    producer.send({ type: "batch", first_seq: 3, events: [line("2")], flush: true });
    await producer.acked(3);
    assert.deepEqual(messages(await at.log()), ["0", "1", "2"]);
  }),

  conform("PR2 what waits in the tail counts for the next seq too", async (at) => {
    const producer = await at.producer();
    producer.send({ type: "batch", first_seq: 1, events: lines(2), flush: false });
    producer.send({ type: "batch", first_seq: 4, events: lines(1), flush: false });
    assert.partialDeepStrictEqual(await producer.nextOf("error"), { code: "sequence_gap", expected: 3 });
    producer.send({ type: "batch", first_seq: 2, events: [line("again"), line("2")], flush: true });
    await producer.acked(3);
    assert.deepEqual(messages(await at.log()), ["0", "1", "2"]);
  }),

  conform("PR2 a later connection takes over with its hello, not with connecting, and the earlier is closed with 4105", async (at) => {
    const earlier = await at.producer();
    const later = await at.silentProducer();
    await earlier.store(lines(1));
    later.send({ type: "hello", protocol: 1, life: "life-1", next_seq: 2, sent_seq: 1, agent: { name: "b", version: "1" } });
    assert.partialDeepStrictEqual(await later.next(), { type: "ready", last_seq: 1 });
    assert.equal((await earlier.closed).code, 4105);
    later.send({ type: "batch", first_seq: 2, events: [line("1")], flush: true });
    assert.partialDeepStrictEqual(await later.nextOf("ack"), { seq: 2 });
  }),

  conform("PR2 a life that was superseded is refused with stale_life and 4106", async (at) => {
    const first = await at.producer();
    await first.store(lines(2));
    const second = await at.producer({ life: "life-2" });
    assert.equal((await first.closed).code, 4105);
    await second.store([line("2")]);
    const zombie = await at.producer({ next_seq: 3, sent_seq: 2 });
    assert.partialDeepStrictEqual(zombie.greeting, { type: "error", code: "stale_life" });
    assert.equal((await zombie.closed).code, 4106);
    await second.store([line("3")]);
    assert.deepEqual(messages(await at.log()), ["0", "1", "2", "3"]);
  }),

  conform("PR2 a batch before hello is refused, and the connection goes on", async (at) => {
    const peer = await at.silentProducer();
    peer.send({ type: "batch", first_seq: 1, events: lines(1), flush: true });
    assert.partialDeepStrictEqual(await peer.next(), { type: "error", code: "hello_first" });
    await at.producer({ life: "another" });
    peer.send({ type: "batch", first_seq: 1, events: lines(1), flush: true });
    assert.partialDeepStrictEqual(await peer.next(), { type: "error", code: "hello_first" }, "and so in a run that exists");
    peer.send({ type: "hello", protocol: 1, life: "life-1", next_seq: 1, sent_seq: 0, agent: { name: "a", version: "1" } });
    assert.equal((await peer.next()).type, "ready");
  }),

  ...(
    [
      ["a status that there is not", { type: "training_status", status: "flying" }],
      ["no type", { message: "hello" }],
      ["columns of different length", { type: "metrics", steps: [1, 2], series: { loss: [0.5] } }],
      ["a log line over 8 KiB", { type: "log", level: "info", message: "x".repeat(8193) }],
      ["no object", 7],
    ] as const
  ).map(([what, event]) =>
    conform(`PR2 a batch with a bad event is refused whole, and says which: ${what}`, async (at) => {
      const producer = await at.producer();
      const viewer = await at.viewer("?replay=0");
      producer.send({ type: "batch", first_seq: 1, events: [line("0"), event], flush: true });
      assert.partialDeepStrictEqual(await producer.nextOf("error"), { type: "error", code: "invalid_message", seq: 2 });
      assert.deepEqual(eventsOf(await viewer.upToPong()), []);
      await producer.store(lines(2));
      assert.deepEqual(messages(eventsOf(await viewer.upToPong())), ["0", "1"]);
    }),
  ),

  ...(
    [
      ["no events", { first_seq: 1, events: [] }],
      ["10,001 events", { first_seq: 1, events: Array.from({ length: 10_001 }, () => ({ type: "e" })) }],
      ["seq 0", { first_seq: 0, events: [{ type: "e" }] }],
      ["half a seq", { first_seq: 1.5, events: [{ type: "e" }] }],
    ] as const
  ).map(([what, batch]) =>
    conform(`PR2 a batch that makes no sense is refused, and the connection goes on: ${what}`, async (at) => {
      const producer = await at.producer();
      producer.send({ type: "batch", ...batch, flush: true });
      assert.partialDeepStrictEqual(await producer.next(), { type: "error", code: "invalid_message" });
      await producer.store(lines(1));
    }),
  ),

  conform("PR2 10,000 events in a batch are taken", async (at) => {
    const producer = await at.producer();
    await producer.store(Array.from({ length: 10_000 }, (_, n): AnyEvent => ({ type: "tick", n })));
    const { json } = await at.http(`/api/runs/${at.run}/events?before=999999&limit=1`, "viewer");
    assert.partialDeepStrictEqual(json, { events: [{ n: 9999 }] });
  }),

  ...(
    [
      ["invalid JSON", "{", "invalid_json"],
      ["an unknown type", '{"type":"no_such_thing"}', "unknown_type"],
      ["a binary frame", new Uint8Array([1]), "binary_frame"],
    ] as const
  ).map(([what, frame, code]) =>
    conform(`PR2 ${what} from an agent is answered with an error, and the connection goes on`, async (at) => {
      const producer = await at.producer();
      producer.sendRaw(frame);
      assert.partialDeepStrictEqual(await producer.next(), { type: "error", code });
      await producer.store(lines(1));
    }),
  ),
];
