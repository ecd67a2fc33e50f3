import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Room } from "../../worker/run/room.ts";
import { Costs } from "./support/costs.ts";
import { newRun, room } from "./support/rooms.ts";
import { line } from "./support/sockets.ts";

const HOUR_S = 3600;

/** Plays with a room whose reads and writes are counted. */
async function counted(play: (costs: Costs) => void): Promise<void> {
  await runInDurableObject(room(newRun()), (_, { storage }) => play(new Costs(storage)));
}

/** Fills a room as a run does: ten events a second in one batch each. */
function fill(room: Room, seconds: number, from: number): void {
  const { log } = room.core;
  for (let second = from; second < from + seconds; second++) {
    const now = second * 1000;
    log.append(
      Array.from({ length: 10 }, (_, i) => line(`${second}.${i} ${"x".repeat(100)}`)),
      now,
    );
    if (log.chunkDue(false, now)) log.storeTail(now);
  }
}

describe("what a room costs in rows", () => {
  test("PR3 a chunk is one row written, and reads nothing that grows with the log", async () => {
    await counted((costs) => {
      const woken = costs.wake();
      fill(woken, 600, 0);
      const { written, read } = costs.of(() => fill(woken, 100, 600));
      // A hundred batches; the row that is full begins a new one.
      expect(written).toBe(100);
      expect(read).toBeLessThanOrEqual(110);
    });
  });

  test("PR3 a day of ten events a second, stored each second, stays within a day's free rows", async () => {
    await counted((costs) => {
      const woken = costs.wake();
      const { written } = costs.of(() => fill(woken, HOUR_S, 0));
      expect(written * 24).toBeLessThan(100_000);
    });
  });

  test("PR3 a wake reads a few rows, however long the log is and however many lives and commands there were", async () => {
    await counted((costs) => {
      const woken = costs.wake();
      fill(woken, 10, 0);
      const short = costs.of(() => costs.wake()).read;
      for (let n = 0; n < 200; n++) {
        woken.core.log.beginLife(`life ${n}`, 0, `numbering${n}`, n);
        woken.commands.request({ id: `c${n}`, command: "backup" }, "somebody", n);
        woken.commands.update(`c${n}`, { state: "failed", global_step: null, error: null }, n);
      }
      fill(woken, 2000, 10);
      const long = costs.of(() => costs.wake()).read;
      expect(short).toBeLessThanOrEqual(20);
      expect(long).toBeLessThanOrEqual(short);
    });
  });

  test("VW3 a viewer that joins costs the rows that its events stand in", async () => {
    await counted((costs) => {
      fill(costs.wake(), 2000, 0);
      const woken = costs.wake();
      // 500 events of about 200 bytes stand in two rows of 64 KiB, or three; the rest is what tells where the log begins.
      expect(costs.of(() => costs.join(woken, ["*"], null)).read).toBeLessThanOrEqual(5);
      const { lastOffset, logId } = woken.core.log;
      expect(costs.of(() => costs.join(woken, ["*"], `${logId}:${lastOffset - 1}`)).read).toBeLessThanOrEqual(4);
      expect(costs.of(() => costs.join(woken, [], null)).read).toBeLessThanOrEqual(2);
      expect(costs.of(() => costs.join(woken, ["*"], null)).written).toBe(0);
    });
  });

  test("CM1 a command is a few rows written, whatever came before", async () => {
    await counted((costs) => {
      const woken = costs.wake();
      const ask = (n: number) => woken.commands.request({ id: `c${n}`, command: "backup" }, "somebody", n);
      ask(0);
      const first = costs.of(() => ask(1));
      for (let n = 2; n < 200; n++) ask(n);
      const last = costs.of(() => ask(200));
      // One row of the log, one of the command, one of what indexes it; the row that is full begins a new one.
      expect(first.written).toBeLessThanOrEqual(4);
      expect(last.written).toBeLessThanOrEqual(first.written);
      expect(last.read).toBeLessThanOrEqual(first.read);
    });
  });
});
