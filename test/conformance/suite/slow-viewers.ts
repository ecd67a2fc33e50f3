import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { conform } from "../support/case.ts";
import { bulky, line, range, withoutHole } from "../support/events.ts";
import type { Frame } from "../support/peer.ts";
import { eventsOf } from "../support/viewer.ts";

const MIB = 1024 * 1024;

/** About 400 KB: 100 events of 4 KB. */
const batchOf400KB = (n: number) => range(0, 99).map((i) => line(`${n}.${i} ${"x".repeat(4000)}`));

const bytesOf = (frames: readonly Frame[]) => frames.reduce((sum, frame) => sum + JSON.stringify(frame).length, 0);

/** VW6: whoever does not read, or does not say so, costs nobody else anything. */
export const slowViewers = [
  conform("VW6 a viewer that acknowledges nothing is sent a window's worth, and another goes on meanwhile", async (at) => {
    const producer = await at.producer();
    const [slow, quick] = [await at.viewer("?replay=0"), await at.viewer("?replay=0")];
    const base = slow.welcome.last_offset;
    for (let n = 0; n < 8; n++) {
      await producer.store(batchOf400KB(n));
      withoutHole(await quick.readTo(base + (n + 1) * 100, true), base + n * 100 + 1, base + (n + 1) * 100);
    }
    const frames = await slow.upToPong();
    const sent = bytesOf(frames);
    assert.ok(sent > MIB && sent < 1.6 * MIB, `${sent} bytes of 3.2 MB were sent to a viewer that acknowledged none`);
    const had = eventsOf(frames).length;
    withoutHole(eventsOf(frames), base + 1, base + had);
    slow.send({ type: "ack", through: base + had });
    withoutHole(await slow.readTo(base + 800, true), base + had + 1, base + 800);
    await producer.store([line("live again")]);
    withoutHole(await slow.readTo(base + 801), base + 801, base + 801);
  }),

  conform("VW6 an ack of what was not all read gives back only that much", async (at) => {
    const producer = await at.producer();
    const slow = await at.viewer("?replay=0");
    for (let n = 0; n < 6; n++) await producer.store(batchOf400KB(n));
    const first = await slow.upToPong();
    slow.send({ type: "ack", through: first[0]?.through });
    assert.deepEqual(await slow.upToPong(), [], "a first small ack leaves most of the window full");
    slow.send({ type: "ack", through: first.at(-1)?.through });
    const second = await slow.upToPong();
    assert.ok(bytesOf(second) > MIB / 2 && bytesOf(second) < 1.6 * MIB, `${bytesOf(second)} bytes after an ack of everything`);
  }),

  conform("VW6 resuming over a long log is paced by acks as well", async (at) => {
    const producer = await at.producer();
    const { welcome } = await at.viewer("?replay=0");
    for (let n = 0; n < 8; n++) await producer.store(batchOf400KB(n));
    const back = await at.viewer(`?since=${welcome.log_id}:${welcome.last_offset}`);
    assert.equal(back.welcome.recovered, true);
    const frames = await back.upToPong();
    assert.ok(bytesOf(frames) < 1.6 * MIB, `${bytesOf(frames)} bytes`);
    const had = eventsOf(frames).length;
    back.send({ type: "ack", through: welcome.last_offset + had });
    withoutHole(await back.readTo(welcome.last_offset + 800, true), welcome.last_offset + had + 1, welcome.last_offset + 800);
  }),

  conform("VW6 a viewer that is behind is still answered", async (at) => {
    const producer = await at.producer();
    const slow = await at.viewer("?replay=0");
    for (let n = 0; n < 4; n++) await producer.store(batchOf400KB(n));
    await slow.upToPong();
    slow.send({ type: "subscribe", events: ["log"] });
    assert.equal((await slow.next()).type, "subscribed");
  }),

  conform("VW6 an ack past everything that was sent is worth no more than all of it", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    const base = viewer.welcome.last_offset;
    viewer.send({ type: "ack", through: 999_999_999 });
    for (let n = 0; n < 5; n++) await producer.store(batchOf400KB(n));
    const frames = await viewer.upToPong();
    assert.ok(bytesOf(frames) < 1.6 * MIB, "an early ack opens no larger window");
    withoutHole(eventsOf(frames), base + 1, base + eventsOf(frames).length);
  }),

  conform("VW6 a plain viewer that reads gets a long log whole", async (at) => {
    const producer = await at.producer();
    const { welcome } = await at.viewer("?replay=0");
    for (let n = 0; n < 10; n++) await producer.store(batchOf400KB(n));
    const viewer = await at.viewer(`?events=*&since=${welcome.log_id}:${welcome.last_offset}`, { mode: "plain" });
    assert.equal(viewer.welcome.recovered, true);
    withoutHole(await viewer.readTo(welcome.last_offset + 1000), welcome.last_offset + 1, welcome.last_offset + 1000);
  }),

  conform("VW6 a plain viewer that does not read delays nobody", async (at) => {
    const producer = await at.producer();
    const stuck = await at.viewer("?events=*&replay=0", { mode: "plain" });
    const reader = await at.viewer("?replay=0");
    stuck.pause();
    for (let n = 0; n < 10; n++) {
      await producer.store(batchOf400KB(n));
      const from = reader.welcome.last_offset + n * 100;
      withoutHole(await reader.readTo(from + 100, true), from + 1, from + 100);
    }
  }),

  conform(
    "VW6 a plain viewer, which cannot acknowledge, is recycled with 4001 after 32 MiB, and loses nothing by it",
    async (at) => {
      // 40 MB have to be carried.
      const producer = await at.producer();
      const viewer = await at.viewer("?events=*&replay=0", { mode: "plain" });
      const { log_id, last_offset: base } = viewer.welcome;
      const seen: number[] = [];
      const reading = (async () => {
        for (;;) seen.push((await viewer.next()).offset as number);
      })().catch(() => undefined);
      for (let n = 0; n < 40; n++) await producer.store([bulky(1_000_000, n)]);
      assert.equal((await viewer.closed).code, 4001);
      await reading;
      const last = seen.at(-1) ?? 0;
      assert.deepEqual(seen, range(base + 1, last));
      assert.ok(last - base >= 32 && last - base <= 35, `${last - base} MB were carried`);
      const back = await at.viewer(`?events=*&since=${log_id}:${last}`, { mode: "plain" });
      assert.equal(back.welcome.recovered, true);
      withoutHole(await back.readTo(base + 40), last + 1, base + 40);
    },
    { slow: true },
  ),

  conform(
    "VW6 a batched viewer with no ack for 30 s of events is closed with 4008, and may come back where it was",
    async (at) => {
      // Half a minute has to pass.
      const producer = await at.producer();
      const [slow, quick] = [await at.viewer("?replay=0"), await at.viewer("?replay=0")];
      for (let n = 0; n < 4; n++) await producer.store(batchOf400KB(n));
      const frames = await slow.upToPong();
      let closed: number | undefined;
      void slow.closed.then(({ code }) => {
        closed = code;
      });
      for (let n = 0; closed === undefined && n < 300; n++) {
        await producer.store([line(`${n}`)]);
        await quick.nextEvent((event) => event.message === `${n}`);
        await delay(200);
      }
      assert.equal(closed, 4008);
      const position = frames.at(-1)?.through;
      const back = await at.viewer(`?since=${slow.welcome.log_id}:${position}`);
      assert.equal(back.welcome.recovered, true);
    },
    { slow: true },
  ),
];
