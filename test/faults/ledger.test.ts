import { describe, expect, test } from "vitest";
import { logEvent } from "../agent/support/events.ts";
import { compare, type Held, hold, markOf, markText, NOTHING_WRONG, sum } from "./support/ledger.ts";

/** Twelve events: ten of a stream, and two of other origin. */
const log: Held[] = Array.from({ length: 12 }, (_, index) => {
  const offset = index + 1;
  if (offset === 1 || offset === 7) return hold({ type: "agent_status", connected: true, offset });
  return hold({ ...logEvent(0), message: markText("main", offset < 7 ? offset - 1 : offset - 2), offset });
});
const produced = { main: 10 };
const without = (...offsets: number[]) => log.filter(({ offset }) => !offsets.includes(offset));
const found = (held: readonly Held[], sinceFirst = false) => compare(produced, held, { log, sinceFirst });

describe("the checker of what viewers hold", () => {
  test("finds nothing where nothing is wrong, whatever the order of an event's fields", () => {
    const turned = log.map(({ text }) => hold(Object.fromEntries(Object.entries(JSON.parse(text)).reverse()) as never));
    expect([found(log), found(turned)]).toEqual([NOTHING_WRONG, NOTHING_WRONG]);
    expect(markOf({ type: "log", message: "main #17 and more" })).toEqual({ stream: "main", n: 17 });
    expect(markOf({ type: "log", message: "step 17" })).toBeNull();
  });

  test("finds a loss: in the middle, with its hole; at the end, where offsets tell nothing; everything", () => {
    expect(found(without(5))).toEqual({ ...NOTHING_WRONG, lost: 1, holes: 1 });
    expect(found(without(11, 12))).toEqual({ ...NOTHING_WRONG, lost: 2 });
    expect(found([])).toEqual({ ...NOTHING_WRONG, lost: 10 });
    expect(compare({ ...produced, other: 2 }, log, { log }).lost).toBe(2);
  });

  test("finds a hole where nothing that was produced is missing", () => {
    expect(found(without(7))).toEqual({ ...NOTHING_WRONG, holes: 1 });
  });

  test("finds a double: the same offset twice, and the same number under two offsets", () => {
    const [first] = without(1, 7);
    expect(found([...log.slice(0, 3), ...(first ? [first] : []), ...log.slice(3)])).toEqual({ ...NOTHING_WRONG, doubled: 1 });
    const again = hold({ ...logEvent(0), message: markText("main", 10), offset: 13 });
    expect(compare(produced, [...log, again], { log: [...log, again] })).toEqual({ ...NOTHING_WRONG, doubled: 1 });
  });

  test("finds a swap: of two events, and of two numbers under good offsets", () => {
    expect(found([...log.slice(0, 3), ...log.slice(3, 5).reverse(), ...log.slice(5)])).toEqual({ ...NOTHING_WRONG, out_of_order: 1 });
    const swapped = log.map((held) => {
      if (held.offset !== 4 && held.offset !== 5) return held;
      return hold({ ...logEvent(0), message: markText("main", held.offset === 4 ? 4 : 3), offset: held.offset });
    });
    expect(compare(produced, swapped, { log: swapped })).toEqual({ ...NOTHING_WRONG, out_of_order: 1 });
  });

  test("finds an offset that changed its meaning", () => {
    const other = hold({ type: "agent_status", connected: false, offset: 7 });
    expect(found(log.map((held) => (held.offset === 7 ? other : held)))).toEqual({ ...NOTHING_WRONG, moved: 1 });
  });

  test("asks nothing from before a start over, but everything after it", () => {
    expect(found(log.slice(5), true)).toEqual(NOTHING_WRONG);
    expect(
      found(
        log.slice(5).filter(({ offset }) => offset !== 9),
        true,
      ),
    ).toEqual({ ...NOTHING_WRONG, lost: 1, holes: 1 });
    expect(found(log.slice(5)).lost).toBe(4);
    expect(sum([found(without(5)), found(without(11, 12))])).toEqual({ ...NOTHING_WRONG, lost: 3, holes: 1 });
  });
});
