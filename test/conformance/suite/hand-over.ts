import assert from "node:assert/strict";
import type { StoredEvent } from "../../../protocol/index.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { line, lines, withoutHole } from "../support/events.ts";
import type { Producer } from "../support/producer.ts";
import type { Mode, Viewer } from "../support/viewer.ts";

/** Sends batches one after the other, some of them to be stored, each as soon as the room has heard the one before. */
async function burst(producer: Producer, batches: number, each: number): Promise<void> {
  for (let n = 0; n < batches; n++) {
    producer.batch(lines(each, n * each), n % 3 === 0);
    producer.send({ type: "ping", timestamp: n });
    await producer.nextOf("pong");
  }
}

/** What a viewer gets until it has come to an offset: replay first, then live. Each offset once, in order, whatever is first. */
async function wholeFrom(viewer: Viewer, last: number): Promise<void> {
  const events = await viewer.readTo(last, true);
  assert.ok(events.length > 0);
  withoutHole(events, events[0]?.offset ?? 0, last);
}

async function joinDuring(at: Context, mode: Mode): Promise<void> {
  const producer = await at.producer();
  const { welcome } = await at.viewer("?replay=0");
  const sending = burst(producer, 60, 20);
  const last = welcome.last_offset + 1200;
  const readings: Promise<void>[] = [];
  for (let n = 0; n < 8; n++) {
    const since = n % 2 === 0 ? "" : `&since=${welcome.log_id}:${welcome.last_offset}`;
    const viewer = await at.viewer(`?events=*${since}`, { mode });
    readings.push(wholeFrom(viewer, last));
  }
  await sending;
  await Promise.all(readings);
}

/** VW4: welcome, replay and joining the live set, with nothing between them. */
export const handOver = [
  conform("VW4 batched viewers that join while a burst runs get each offset once and in order", (at) => joinDuring(at, "runcast.v1.json")),
  conform("VW4 plain viewers that join while a burst runs get each offset once and in order", (at) => joinDuring(at, "plain")),

  conform("VW4 a viewer that is cut off again and again, and resumes where it was, has each event once", async (at) => {
    const producer = await at.producer();
    const { welcome } = await at.viewer("?replay=0");
    const last = welcome.last_offset + 800;
    const sending = burst(producer, 80, 10);
    const events: StoredEvent[] = [];
    let position = welcome.last_offset;
    for (let cuts = 0; position < last; cuts++) {
      const viewer = await at.viewer(`?since=${welcome.log_id}:${position}`);
      assert.equal(viewer.welcome.recovered, true, `after ${cuts} cuts`);
      // A few frames, then the line breaks; at the end it may stay.
      for (let frames = 0; frames < 3 && position < last; frames++) {
        const batch = await viewer.nextOf("batch");
        events.push(...(batch.events as StoredEvent[]));
        position = batch.through as number;
      }
      viewer.cut();
    }
    await sending;
    withoutHole(events, welcome.last_offset + 1, last);
  }),

  conform("VW4 what waits in the tail is replayed like what is stored", async (at) => {
    const producer = await at.producer();
    await producer.store([line("stored")]);
    producer.batch([line("waiting")], false);
    producer.send({ type: "ping", timestamp: 1 });
    await producer.nextOf("pong");
    for (const mode of ["runcast.v1.json", "plain"] as const) {
      const viewer = await at.viewer("?events=log", { mode });
      const events = await viewer.readTo(viewer.welcome.last_offset);
      assert.deepEqual(
        events.map((event) => event.message),
        ["stored", "waiting"],
      );
    }
  }),

  conform("VW4 every viewer sees the same events under the same offsets, and HTTP does too", async (at) => {
    const producer = await at.producer();
    const [plain, batched] = [await at.viewer("?events=*&replay=0", { mode: "plain" }), await at.viewer("?replay=0")];
    await burst(producer, 10, 7);
    const seq = producer.batch([line("end")]);
    await producer.acked(seq);
    const last = plain.welcome.last_offset + 71;
    const [one, two] = [await plain.readTo(last), await batched.readTo(last)];
    assert.deepEqual(one, two);
    assert.deepEqual(
      (await at.log()).filter((event) => event.offset > plain.welcome.last_offset),
      one,
    );
  }),
];
