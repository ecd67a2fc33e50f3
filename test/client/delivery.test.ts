import fc from "fast-check";
import { expect, test } from "vitest";
import { afterBatch, afterRenumbering, afterWelcome, type Delivery, NOTHING_DELIVERED, sincePosition } from "../../client/delivery.ts";

const at = (offset: number, log_id = "L1"): Delivery => ({ kind: "at", log_id, offset });
const event = (offset: number) => ({ type: "log", level: "info", message: `m${offset}`, offset, timestamp: "2026-11-23T12:00:00.000Z" });

test("VW4 an offset that was delivered is dropped, wherever it comes again", () => {
  const first = afterBatch(at(3), { events: [event(2), event(3), event(4), event(4), event(6)], through: 6 });
  expect(first.events.map((each) => each.offset)).toEqual([4, 6]);
  expect(afterBatch(first.delivery, { events: [event(5), event(6)], through: 6 }).events).toEqual([]);
});

test("VW4 events that the filter took out advance the position all the same", () => {
  expect(afterBatch(at(3), { events: [], through: 9 })).toEqual({ delivery: at(9), events: [] });
});

test("VW4 whatever frames a room sends, offsets come out rising and none twice", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }), { maxLength: 20 }), (batches) => {
      let delivery: Delivery = NOTHING_DELIVERED;
      delivery = afterWelcome(delivery, { log_id: "L1", last_offset: 5, recovered: false }, true);
      const seen: number[] = [];
      for (const offsets of batches) {
        const step = afterBatch(delivery, { events: offsets.map(event), through: Math.max(0, ...offsets) });
        delivery = step.delivery;
        seen.push(...step.events.map((each) => each.offset));
      }
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    }),
  );
});

test("VW3 a recovered welcome keeps the position, in the present numbering", () => {
  expect(afterWelcome(at(7, "L1"), { log_id: "L2", last_offset: 9, recovered: true }, true)).toEqual(at(7, "L2"));
});

test("VW3 a welcome that is not recovered begins anew: what is sent next is delivered, whatever was before", () => {
  const anew = afterWelcome(at(700), { log_id: "L2", last_offset: 30, recovered: false }, true);
  expect(sincePosition(anew)).toBeNull();
  expect(afterBatch(anew, { events: [event(21)], through: 21 })).toMatchObject({ delivery: at(21, "L2"), events: [{ offset: 21 }] });
});

test("VW3 without a replay the welcome itself is the position", () => {
  expect(afterWelcome(NOTHING_DELIVERED, { log_id: "L1", last_offset: 12, recovered: false }, false)).toEqual(at(12));
  expect(afterWelcome(NOTHING_DELIVERED, { log_id: "L1", last_offset: 0, recovered: false }, true)).toEqual(at(0));
});

test("PR1 a renumbering past the position renames it, one before it leaves the old name", () => {
  expect(afterRenumbering(at(7), { log_id: "L2", from: 8 })).toEqual(at(7, "L2"));
  expect(afterRenumbering(at(8), { log_id: "L2", from: 8 })).toEqual(at(8, "L1"));
});
