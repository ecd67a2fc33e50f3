import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { startBurst } from "./support/burst-process.ts";
import { healed, judge, seat } from "./support/scene.ts";
import type { Viewer } from "./support/viewers.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

const MIB = 1024 * 1024;

/** The agent's own words in what a viewer holds. */
const words = (viewer: Viewer | undefined) =>
  (viewer?.held ?? []).flatMap(({ text }) => (text.includes('"source":"agent"') ? [String(JSON.parse(text).message)] : []));

describe.concurrent("the agent's spool", () => {
  test.each([
    ["PR1 is deleted while the agent is dead: what comes goes on under a new log_id", "deleted"],
    ["PR4 is overwritten while the agent is dead: it is set aside, viewers are told, and what comes goes on", "overwritten"],
  ] as const)("%s", async (_, found) => {
    const run = `spool-${found}`;
    const burst = await startBurst(relay, run);
    const viewers = await seat(relay, run);
    burst.produce({ count: 500 });
    await until(() => burst.produced() === 500 && burst.figures().acked === 500, { what: "the acks" });
    const { life } = burst.figures();
    const fault = performance.now();
    await burst.kill9();
    await burst.again(found);
    burst.produce({ count: 500 });
    const heal_ms = await healed(viewers, fault, "main", 501);
    await until(() => burst.produced() === 1000, { what: "the rest" });
    const produced = await burst.finish();
    expect(burst.figures().life).not.toBe(life);
    if (found === "overwritten") expect(words(viewers[0])).toEqual([expect.stringContaining("set aside")]);
    await judge({ fault: `agent killed, spool ${found}`, relay, run, produced, viewers, heal_ms, note: "all was acknowledged before" });
  });
});

describe("the agent's spool without a relay", () => {
  test("PR4 is full: log lines go, the oldest first, and are counted; of the rest nothing is lost", async () => {
    const run = "spool-full";
    const burst = await startBurst(relay, run, { spool_bytes: 2 * MIB });
    const viewers = await seat(relay, run);
    await relay.kill9();
    burst.produce({ count: KEPT, filler: FILLER, bytes: 1000 });
    await until(() => burst.produced() === KEPT, { what: "more than it takes", timeout_ms: 30_000 });
    await relay.restart();
    const back = performance.now();
    const heal_ms = await healed(viewers, back, "main", KEPT);
    const produced = await burst.finish();
    for (const viewer of viewers) {
      const told = words(viewer).flatMap((text) => (/were left out/.exec(text) ? [Number(/(\d+) log/.exec(text)?.[1])] : []));
      const dropped = told.reduce((sum, count) => sum + count, 0);
      const fillers = viewer.held.flatMap(({ mark }) => (mark?.stream === "filler" ? [mark.n] : []));
      expect(dropped).toBeGreaterThan((KEPT * FILLER) / 2);
      expect(fillers).toEqual(Array.from({ length: KEPT * FILLER - dropped }, (_, index) => dropped + 1 + index));
    }
    const note = `beside ${KEPT * FILLER} log lines, of which the oldest were left out and counted`;
    await judge({ fault: "spool full", relay, run, produced, viewers, heal_ms, note });
  });
});

const KEPT = 400;
/** Log lines for each event that is never dropped: four times what the spool takes. */
const FILLER = 20;
