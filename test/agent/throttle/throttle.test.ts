import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createThrottle } from "../../../agent/throttle/throttle.ts";
import { type AnyEvent, LATEST_WINS } from "../../../protocol/events.ts";
import { THROTTLE_MS } from "../../../protocol/limits.ts";

const progress = (global_step: number): AnyEvent => ({ type: "training_progress", global_step });
const stats = (cpu_percent: number): AnyEvent => ({ type: "system_stats", cpu_percent });
const status = (message: string): AnyEvent => ({ type: "training_status", status: "running", message });

/** Offers each event at its time as an agent would, with a timer that fires exactly when due. */
function drive(offers: { at: number; event: AnyEvent }[]): { at: number; event: AnyEvent }[] {
  const throttle = createThrottle({ interval_ms: THROTTLE_MS });
  const out: { at: number; event: AnyEvent }[] = [];
  const runTimers = (until: number) => {
    for (let due = throttle.due(); due !== null && due <= until; due = throttle.due()) {
      for (const event of throttle.take(due)) out.push({ at: due, event });
    }
  };
  for (const { at, event } of offers) {
    runTimers(at);
    for (const passed of throttle.offer(event, at)) out.push({ at, event: passed });
  }
  runTimers(Number.POSITIVE_INFINITY);
  return out;
}

describe("throttle", () => {
  test("EV1 the first of a burst goes at once and the last always arrives", () => {
    const burst = Array.from({ length: 50 }, (_, step) => ({ at: step, event: progress(step) }));
    const out = drive(burst);
    expect(out).toEqual([
      { at: 0, event: progress(0) },
      { at: THROTTLE_MS, event: progress(49) },
    ]);
  });

  test("EV1 events of other types pass at once and are never held", () => {
    const throttle = createThrottle({ interval_ms: THROTTLE_MS });
    throttle.offer(progress(1), 0);
    for (let n = 0; n < 100; n++) expect(throttle.offer(status(`${n}`), 1)).toEqual([status(`${n}`)]);
    expect(throttle.due()).toBeNull();
  });

  test("EV1 each latest-wins type has its own interval", () => {
    const throttle = createThrottle({ interval_ms: THROTTLE_MS });
    expect(throttle.offer(progress(1), 0)).toHaveLength(1);
    expect(throttle.offer(stats(1), 10)).toHaveLength(1);
    throttle.offer(progress(2), 20);
    throttle.offer(stats(2), 30);
    throttle.offer(progress(3), 40);
    expect(throttle.due()).toBe(100);
    expect(throttle.take(100)).toEqual([progress(3)]);
    expect(throttle.due()).toBe(110);
  });

  test("EV1 held events that are released together keep the order of their newest versions", () => {
    const throttle = createThrottle({ interval_ms: THROTTLE_MS });
    throttle.offer(progress(1), 0);
    throttle.offer(stats(1), 0);
    throttle.offer(progress(2), 1);
    throttle.offer(stats(2), 2);
    throttle.offer(progress(3), 3);
    expect(throttle.take(100)).toEqual([stats(2), progress(3)]);
  });

  test("EV1 a clock that steps backwards does not hold an event back", () => {
    const throttle = createThrottle({ interval_ms: THROTTLE_MS });
    throttle.offer(progress(1), 1_000_000);
    throttle.offer(progress(2), 1_000_050);
    expect(throttle.take(5)).toEqual([progress(2)]);
    expect(throttle.offer(progress(3), 200)).toEqual([progress(3)]);
  });

  test("EV1 a flush at the end releases what is held", () => {
    const throttle = createThrottle({ interval_ms: THROTTLE_MS });
    throttle.offer(progress(1), 0);
    throttle.offer(progress(2), 1);
    expect(throttle.flush(2)).toEqual([progress(2)]);
    expect(throttle.flush(3)).toEqual([]);
  });

  test("EV1 for any stream: at most one a type and interval, order kept within a type, nothing else lost, newest always last", () => {
    const event = fc.oneof(fc.nat(1000).map(progress), fc.nat(100).map(stats), fc.string().map(status));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), event), { maxLength: 200 }), (gaps) => {
        let at = 0;
        const offers = gaps.map(([gap, offered]) => {
          at += gap;
          return { at, event: offered };
        });
        const out = drive(offers);
        expect(out.filter(({ event: sent }) => !LATEST_WINS.has(sent.type))).toEqual(
          offers.filter(({ event: offered }) => !LATEST_WINS.has(offered.type)),
        );
        for (const type of LATEST_WINS) {
          const offered = offers.filter((offer) => offer.event.type === type);
          const sent = out.filter((one) => one.event.type === type);
          expect(sent.at(-1)?.event).toBe(offered.at(-1)?.event);
          expect(sent[0]).toEqual(offered[0]);
          let from = 0;
          for (const [index, one] of sent.entries()) {
            const before = sent[index - 1];
            if (before) expect(one.at - before.at).toBeGreaterThanOrEqual(THROTTLE_MS);
            const found = offered.findIndex((offer, place) => place >= from && offer.event === one.event);
            expect(found).toBeGreaterThanOrEqual(from);
            from = found + 1;
          }
        }
      }),
    );
  });
});
