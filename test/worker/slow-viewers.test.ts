import { describe, expect, test } from "vitest";
import type { Room } from "../../worker/run/room.ts";
import type { Viewer } from "../../worker/run/viewers/fan-out.ts";
import { SendWindow } from "../../worker/run/viewers/send-window.ts";
import { alone, evict, newRun } from "./support/rooms.ts";
import { agent, batchedViewer, line, type Peer } from "./support/sockets.ts";

const MIB = 1024 * 1024;

/** Batches of about 400 KB: 100 events of 4 KB. */
const batchOf400KB = (n: number) => Array.from({ length: 100 }, (_, i) => line(`${n}.${i} ${"x".repeat(4000)}`));

/** Takes batches up to an offset; acknowledges each where asked to. @returns the offsets, in the order in which they came */
async function readUpTo(viewer: Peer, last: number, acknowledge: boolean): Promise<number[]> {
  const offsets: number[] = [];
  while (offsets.at(-1) !== last) {
    const batch = await viewer.nextOf("batch");
    for (const event of batch.events as { offset: number }[]) offsets.push(event.offset);
    if (acknowledge) viewer.send({ type: "ack", through: batch.through });
  }
  return offsets;
}

/** A viewer on a socket of its own making. @param buffered what the runtime says that it holds for it */
function joined(
  room: Room,
  name: string,
  mode: "plain" | "batched",
  close: (code: number) => void,
  buffered: number | null = null,
): Viewer {
  const socket = { send: () => true, close, remember: () => undefined, buffered: () => buffered };
  const attachment = { kind: "viewer", sub: name, role: "viewer", exp: 1e9, client_id: name, mode } as const;
  return room.viewers.join(socket, { ...attachment, subscription: ["*"], joined_at: 0, behind_at: null }, { since: null, replay: 0 }, 0);
}

describe("slow viewers", () => {
  test("VW6 a batched viewer that does not acknowledge gets a window's worth, and the rest from the log when it does", async () => {
    const run = newRun();
    const producer = await agent(run);
    const slow = await batchedViewer(run, "?replay=0");
    const quick = await batchedViewer(run, "?replay=0");
    await slow.nextOf("welcome");
    await quick.nextOf("welcome");
    for (let n = 0; n < 8; n++) {
      producer.batch(batchOf400KB(n));
      await producer.nextOf("ack");
      expect(await readUpTo(quick, (n + 1) * 100 + 1, true)).toHaveLength(100);
    }
    const sent = slow.waiting().reduce((sum, frame) => sum + JSON.stringify(frame).length, 0);
    expect(sent).toBeGreaterThan(MIB);
    expect(sent).toBeLessThan(1.5 * MIB);
    const all = Array.from({ length: 800 }, (_, i) => i + 2);
    expect(await readUpTo(slow, 801, true)).toEqual(all);
    producer.batch([line("live again")]);
    expect(await slow.nextOf("batch")).toMatchObject({ events: [{ message: "live again", offset: 802 }], through: 802 });
  });

  test("VW6, VW3 a window and a replay are bytes, in whatever script the text is", async () => {
    const run = newRun();
    const producer = await agent(run);
    const slow = await batchedViewer(run, "?replay=0");
    await slow.nextOf("welcome");
    const bytes = (frames: unknown[]) => new TextEncoder().encode(JSON.stringify(frames)).byteLength;
    for (let n = 0; n < 8; n++) {
      producer.batch(Array.from({ length: 100 }, (_, i) => line(`${n}.${i} ${"€".repeat(1300)}`)));
      await producer.nextOf("ack");
    }
    expect(bytes(slow.waiting())).toBeLessThan(1.5 * MIB);
    await evict(run);
    const late = await batchedViewer(run);
    await late.nextOf("welcome");
    const replayed: unknown[] = [];
    while ((replayed.at(-1) as { through: number } | undefined)?.through !== 801) replayed.push(await late.nextOf("batch"));
    expect(bytes(replayed)).toBeGreaterThan(200 * 1024);
    expect(bytes(replayed)).toBeLessThan(280 * 1024);
  });

  test("VW6 a viewer that is behind is still behind after an eviction, and misses nothing", async () => {
    const run = newRun();
    const producer = await agent(run);
    const slow = await batchedViewer(run, "?replay=0");
    await slow.nextOf("welcome");
    for (let n = 0; n < 5; n++) {
      producer.batch(batchOf400KB(n));
      await producer.nextOf("ack");
    }
    await evict(run);
    producer.batch(batchOf400KB(5));
    await producer.nextOf("ack");
    expect(await readUpTo(slow, 601, true)).toEqual(Array.from({ length: 600 }, (_, i) => i + 2));
  });

  test("VW6 resuming over a long log is paced by acks as well", async () => {
    const run = newRun();
    const producer = await agent(run);
    for (let n = 0; n < 8; n++) {
      producer.batch(batchOf400KB(n));
      await producer.nextOf("ack");
    }
    const first = await batchedViewer(run, "?replay=0");
    const { log_id } = await first.nextOf("welcome");
    const back = await batchedViewer(run, `?since=${log_id}:1`);
    expect(await back.nextOf("welcome")).toMatchObject({ recovered: true });
    back.send({ type: "ping", timestamp: 1 });
    const offsets: number[] = [];
    for (let frame = await back.next(); frame.type !== "pong"; frame = await back.next()) {
      for (const event of frame.events as { offset: number }[]) offsets.push(event.offset);
    }
    expect(offsets.length).toBeLessThan(400);
    back.send({ type: "ack", through: offsets.at(-1) });
    offsets.push(...(await readUpTo(back, 801, true)));
    expect(offsets).toEqual(Array.from({ length: 800 }, (_, i) => i + 2));
  });

  test("VW6 one that acknowledges nothing for 30 s of events is closed with 4008, and nobody else", async () => {
    const run = newRun();
    await agent(run);
    await alone(run, 0, (room) => {
      const closed: number[] = [];
      const join = (name: string) => joined(room, name, "batched", (code) => void closed.push(code));
      const [slow, reader] = [join("slow"), join("reader")];
      const publish = (n: number, now: number) => {
        room.core.viewers.publish(room.core.log.append(batchOf400KB(n), now), now);
        reader.window.acknowledged(room.core.log.lastOffset, now);
      };
      for (let n = 0; n < 4; n++) publish(n, 1000);
      expect(slow.window.behind).toBe(true);
      publish(4, 30_999);
      expect(closed).toEqual([]);
      publish(5, 31_000);
      expect(closed).toEqual([4008]);
      expect(room.core.viewers.count).toBe(1);
    });
  });

  test("VW6 a plain viewer that does not read is closed where the runtime tells of it, and nobody else", async () => {
    const run = newRun();
    await agent(run);
    await alone(run, 0, (room) => {
      const closed: string[] = [];
      joined(room, "stuck", "plain", (code) => void closed.push(`stuck ${code}`), MIB + 1);
      joined(room, "reader", "plain", (code) => void closed.push(`reader ${code}`), MIB);
      room.core.viewers.publish(room.core.log.append([line("1")], 0), 0);
      expect(closed).toEqual(["stuck 4008"]);
    });
  });

  test("VW6 a plain viewer, which cannot acknowledge, is recycled after 32 MiB", () => {
    const window = new SendWindow("plain", 0);
    window.sent({ through: 1, bytes: 32 * MIB - 1 }, 0);
    expect([window.full, window.spent]).toEqual([false, false]);
    window.sent({ through: 2, bytes: 1 }, 0);
    expect([window.full, window.spent]).toEqual([false, true]);
  });

  test("VW6 a viewer that starts over does not wait for acks of offsets that mean something else now", () => {
    const window = new SendWindow("batched", 0);
    window.sent({ through: 50, bytes: 0.6 * MIB }, 0);
    window.sent({ through: 60, bytes: 0.6 * MIB }, 0);
    window.behind = true;
    window.startOver();
    window.sent({ through: 41, bytes: 0.6 * MIB }, 0);
    expect([window.full, window.behind]).toEqual([false, false]);
    window.acknowledged(41, 0);
    expect(window.roomy).toBe(true);
  });
});
