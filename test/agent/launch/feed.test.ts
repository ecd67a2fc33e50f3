import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFeed } from "../../../agent/launch/feed.ts";
import type { ConsoleItem } from "../../../agent/session/ipc.ts";

const bytes = (length: number) => new Uint8Array(length);
const numbers = (items: readonly ConsoleItem[]) => items.map((item) => item.n);

describe("console output on its way to the agent", () => {
  test("PR4 it is given once, in order, and again to a new agent from where that one is", () => {
    const feed = createFeed();
    for (const length of [1, 2, 3]) feed.push("stdout", bytes(length), 0);
    expect(numbers(feed.next())).toEqual([1, 2, 3]);
    expect(feed.next()).toEqual([]);
    feed.acknowledge(1);
    feed.restart(2);
    expect(numbers(feed.next())).toEqual([3]);
    expect(feed.allSent()).toBe(true);
  });

  test("PR6 an agent that does not answer is given a window, and no more", () => {
    const feed = createFeed({ keepBytes: 100_000, windowBytes: 2000 });
    for (let n = 0; n < 20; n += 1) feed.push("stderr", bytes(1000), 0);
    expect(numbers(feed.next())).toEqual([1, 2]);
    expect(feed.next()).toEqual([]);
    feed.acknowledge(2);
    expect(numbers(feed.next())).toEqual([3, 4]);
  });

  test("PR6 over its limit the oldest output that was not given is dropped, and its place says how much", () => {
    const feed = createFeed({ keepBytes: 5000, windowBytes: 1000 });
    feed.push("stdout", bytes(1000), 1);
    expect(numbers(feed.next())).toEqual([1]);
    for (let n = 2; n <= 10; n += 1) feed.push("stdout", bytes(1000), n);
    feed.acknowledge(1);
    const [lost, ...rest] = drain(feed);
    expect(lost).toEqual({ kind: "lost", n: 7, bytes: 6000, t: 7 });
    expect(numbers(rest)).toEqual([8, 9, 10]);
  });

  test("PR6 whatever happens numbers rise, and every byte is given or counted as lost", () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ push: fc.integer({ min: 1, max: 900 }) }) },
      { weight: 3, arbitrary: fc.constant("next" as const) },
      { weight: 2, arbitrary: fc.constant("ack" as const) },
      { weight: 1, arbitrary: fc.constant("restart" as const) },
    );
    const property = fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      const limits = { keepBytes: 3000, windowBytes: 1000 };
      const feed = createFeed(limits);
      let pushed = 0;
      let recorded = 0;
      let counted = 0;
      let given: ConsoleItem[] = [];
      const record = () => {
        for (const item of given) {
          expect(item.n).toBeGreaterThan(recorded);
          recorded = item.n;
          counted += item.kind === "bytes" ? item.bytes.length : item.bytes;
        }
        given = [];
      };
      for (const what of actions) {
        if (what === "next") given.push(...feed.next());
        else if (what === "ack") {
          record();
          feed.acknowledge(recorded);
        } else if (what === "restart") {
          given = [];
          feed.restart(recorded);
        } else {
          pushed += what.push;
          feed.push("stdout", bytes(what.push), 0);
        }
      }
      given = [];
      feed.restart(recorded);
      for (const item of drain(feed)) given.push(item);
      record();
      expect(counted).toBe(pushed);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

/** Gives everything that is left to an agent that answers. */
function drain(feed: ReturnType<typeof createFeed>): ConsoleItem[] {
  const all: ConsoleItem[] = [];
  for (;;) {
    const items = feed.next();
    const last = items.at(-1);
    if (!last) return all;
    all.push(...items);
    feed.acknowledge(last.n);
  }
}
