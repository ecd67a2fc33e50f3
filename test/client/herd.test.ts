import { expect, test } from "vitest";
import type { Input } from "../../client/link-types.ts";
import { dueAt } from "../../client/link-view.ts";
import { LinkBench } from "./link-bench.ts";

const VIEWERS = 200;
const SLOT_MS = 100;
const cut: Input = { kind: "socket_closed", code: 4000, reason: "" };
const unreachable: Input = { kind: "verdict", verdict: { kind: "retry", reason: { code: "unreachable", message: "" }, after_ms: 0 } };

/** @returns numbers in [0, 1), the same for the same seed (mulberry32) */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Viewers that were all connected to one relay. */
function crowd(random: () => number): LinkBench[] {
  return Array.from({ length: VIEWERS }, () => {
    const bench = new LinkBench();
    bench.random = random();
    bench.message({});
    bench.now += 60_000;
    return bench;
  });
}

function waitForTry(bench: LinkBench): void {
  while (bench.link.phase.kind === "waiting") bench.wait();
}

/** @returns the largest share of the moments that falls into one slot, and how many slots there are from the first to the last */
function spread(moments: readonly number[]): { largest: number; slots: number } {
  const slots = new Map<number, number>();
  for (const moment of moments) slots.set(Math.floor(moment / SLOT_MS), (slots.get(Math.floor(moment / SLOT_MS)) ?? 0) + 1);
  return { largest: Math.max(...slots.values()) / moments.length, slots: Math.max(...slots.keys()) - Math.min(...slots.keys()) + 1 };
}

test.each([1, 2, 3])("VW9 viewers that lose one relay at the same moment come back over a second, not together (seed %i)", (seed) => {
  const moments = crowd(seeded(seed)).map((bench) => {
    const lostAt = bench.now;
    bench.give(cut);
    return (dueAt(bench.link, bench.now) ?? Number.NaN) - lostAt;
  });
  expect(spread(moments)).toMatchObject({ slots: 10 });
  expect(spread(moments).largest).toBeLessThan(0.2);
});

test.each([1, 2, 3])("VW9 the longer the relay was away, the wider they come back (seed %i)", (seed) => {
  const random = seeded(seed);
  const DOWN_MS = 5000;
  const moments = crowd(random).map((bench) => {
    const lostAt = bench.now;
    const give = (input: Input) => {
      bench.random = random();
      bench.give(input);
    };
    give(cut);
    for (;;) {
      waitForTry(bench);
      if (bench.now - lostAt >= DOWN_MS) return bench.now - lostAt;
      give({ kind: "socket_closed", code: 1006, reason: "" });
      give(unreachable);
    }
  });
  expect(spread(moments).largest).toBeLessThan(0.1);
  expect(spread(moments).slots).toBeGreaterThan(40);
});

test.each([1, 2, 3])("VW9 AC6 those that a limit sent away with the same Retry-After do not return together either (seed %i)", (seed) => {
  const random = seeded(seed);
  const moments = crowd(random).map((bench) => {
    bench.give(cut);
    waitForTry(bench);
    bench.give({ kind: "socket_closed", code: 1006, reason: "" });
    const toldAt = bench.now;
    bench.random = random();
    bench.give({ kind: "verdict", verdict: { kind: "retry", reason: { code: "rate_limited", message: "" }, after_ms: 60_000 } });
    waitForTry(bench);
    return bench.now - toldAt;
  });
  expect(Math.min(...moments)).toBeGreaterThanOrEqual(60_000);
  expect(spread(moments).largest).toBeLessThan(0.05);
  expect(spread(moments).slots).toBeGreaterThan(250);
});
