import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { conform } from "../support/case.ts";
import { bulky, line, lines, messages } from "../support/events.ts";

/** PR3: an ack means that it is stored; viewers do not wait for that. */
export const storing = [
  conform("PR3 viewers have an event before it is acknowledged, and HTTP has it too", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    // In the second after a chunk nothing is stored unasked; on a loaded machine that second may be over.
    for (let attempts = 0; ; attempts++) {
      producer.batch([line("stored")], true);
      producer.batch([line("waiting")], false);
      const said = (await producer.upToPong()).map((frame) => frame.type);
      const through = viewer.welcome.last_offset + 2 * (attempts + 1);
      assert.equal((await viewer.readTo(through)).at(-1)?.message, "waiting");
      assert.equal((await at.log()).at(-1)?.message, "waiting");
      if (said.join() === "ack") return;
      assert.ok(attempts < 5, `a batch without flush is acknowledged at once: ${said}`);
    }
  }),

  conform("PR3 a batch that says flush is acknowledged, with all that waited before it", async (at) => {
    const producer = await at.producer();
    for (let n = 0; n < 5; n++) producer.batch(lines(3), false);
    const seq = producer.batch(lines(1), true);
    await producer.acked(seq);
  }),

  conform("PR3 without flush an ack comes with a batch, once a second has passed since the last chunk", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(1));
    const acks: unknown[] = [];
    let seq = 0;
    while (acks.length === 0) {
      seq = producer.batch(lines(1), false);
      acks.push(...(await producer.upToPong()).filter((frame) => frame.type === "ack").map((frame) => frame.seq));
      await delay(100);
    }
    assert.deepEqual(acks, [seq], "the ack covers the batch that it came with");
  }),

  conform("PR3 64 KiB that wait are stored without being asked", async (at) => {
    const producer = await at.producer();
    const seq = producer.batch(
      Array.from({ length: 20 }, (_, n) => line(`${n} ${"x".repeat(4000)}`)),
      false,
    );
    await producer.acked(seq);
  }),

  conform("PR3 what waits is stored when the producer's socket closes", async (at) => {
    for (const end of ["close", "cut"] as const) {
      const run = at.target.freshRun();
      const producer = await at.producer({ run });
      producer.batch(lines(3), false);
      await producer.upToPong();
      producer[end]();
      await producer.closed;
      const back = await at.producer({ run, next_seq: 1, sent_seq: 3 });
      assert.equal(back.greeting.last_seq, 3, end);
    }
  }),

  conform("PR3 an event that no row could hold is refused with its number, and the rest can still come", async (at) => {
    const producer = await at.producer();
    producer.send({ type: "batch", first_seq: 1, events: [line("0"), bulky(1024 * 1024 + 1)], flush: true });
    assert.partialDeepStrictEqual(await producer.next(), { type: "error", code: "event_too_big", seq: 2 });
    await producer.store([line("0"), bulky(1024 * 1024 - 1000)]);
  }),

  conform("PR3 a frame of 4 MB in characters of three bytes is stored, and comes back whole", async (at) => {
    const producer = await at.producer();
    const text = "€".repeat(2600);
    await producer.store(Array.from({ length: 480 }, (_, n) => line(`${n} ${text}`)));
    const log = (await at.log()).filter((event) => event.type === "log");
    assert.deepEqual(
      messages(log),
      Array.from({ length: 480 }, (_, n) => `${n} ${text}`),
    );
  }),
];
