import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { startBurst } from "./support/burst-process.ts";
import { healed, judge, seat } from "./support/scene.ts";
import { newestOf, watchClient } from "./support/viewers.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

const CROWD = 200;
const HOURS_4 = 4 * 3600 * 1000;
/** Five events a second, as a training with progress, measurements and console has them. */
const EVENTS_4_HOURS = 5 * 4 * 3600;

describe("the relay goes, and comes back", () => {
  test("VW3 two hundred viewers reconnect at once, and each has everything once", async () => {
    const run = "crowd";
    const burst = await startBurst(relay, run);
    const viewers = await seat(relay, run);
    const token = await relay.token("viewer", run);
    while (viewers.length < CROWD) viewers.push(watchClient({ at: relay.url, run, token }));
    burst.produce({ at_once: 5, every_ms: 50 });
    await until(() => viewers.every((viewer) => newestOf(viewer, "main") > 50), { what: "events at all of them", timeout_ms: 30_000 });
    const fault = performance.now();
    await relay.kill9();
    await relay.restart();
    const heal_ms = await healed(viewers, fault, "main", burst.produced() + 1);
    const produced = await burst.finish();
    const returns = viewers.map((viewer) => (viewer.welcomes[1]?.at ?? Number.NaN) - fault);
    expect(viewers.map((viewer) => viewer.welcomes.map(({ recovered }) => recovered).slice(1))).toEqual(viewers.map(() => [true]));
    const [first, last] = [Math.min(...returns), Math.max(...returns)].map((ms) => (ms / 1000).toFixed(1));
    const note = `welcomed again ${first} to ${last} s after the kill`;
    await judge({ fault: "200 viewers reconnect at once", relay, run, produced, viewers, heal_ms, note });
  });

  test("PR4 four hours offline: all that happened arrives once and in order", async () => {
    const run = "four-hours";
    const burst = await startBurst(relay, run);
    const viewers = await seat(relay, run);
    burst.produce({ count: 100 });
    await until(() => viewers.every((viewer) => newestOf(viewer, "main") === 100), { what: "the first events" });
    await relay.kill9();
    burst.produce({ count: EVENTS_4_HOURS, at_once: 2000, every_ms: 10, bytes: 100, span_ms: HOURS_4 });
    await until(() => burst.produced() === 100 + EVENTS_4_HOURS, { what: "four hours in the spool", timeout_ms: 60_000 });
    await relay.restart();
    const back = performance.now();
    const heal_ms = await healed(viewers, back, "main", 100 + EVENTS_4_HOURS);
    const [first, last] = [101, 100 + EVENTS_4_HOURS].map((n) => {
      const held = viewers[0]?.held.find(({ mark }) => mark?.n === n);
      return Date.parse(JSON.parse(held?.text ?? "{}").timestamp);
    });
    expect(Number(last) - Number(first)).toBeGreaterThan(HOURS_4 - 60_000);
    const produced = await burst.finish();
    await judge({ fault: "4 h without a relay", relay, run, produced, viewers, heal_ms, note: "healed: all of it is there" });
  });
});
