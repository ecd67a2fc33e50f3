import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { startBurst } from "./support/burst-process.ts";
import { healed, judge, seat } from "./support/scene.ts";
import { train } from "./support/training.ts";
import { newestOf, type Viewer } from "./support/viewers.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

describe.concurrent("kill -9", () => {
  test("PR4 of the agent, three times in one run: another one goes on, nothing is lost or doubled", async () => {
    const run = "agent";
    const training = await train(relay, run);
    const viewers = await seat(relay, run);
    let agent: number | undefined;
    const heals: number[] = [];
    for (let time = 0; time < 3; time += 1) {
      agent = await training.agent(agent);
      await until(() => viewers.every((viewer) => newestOf(viewer, "main") > 50 * time), { what: "events" });
      const fault = performance.now();
      process.kill(agent, "SIGKILL");
      heals.push(await healed(viewers, fault, "main", training.produced() + 1));
    }
    expect(await training.finish()).toBe(0);
    const produced = { main: training.produced() };
    await judge({ fault: "agent killed, 3 times", relay, run, produced, viewers, heal_ms: Math.max(...heals) });
  });

  test("HL1 of the trainer: the run ends as an error that names the signal, after everything that it said", async () => {
    const run = "trainer";
    const training = await train(relay, run);
    const viewers = await seat(relay, run);
    const pid = await training.trainer();
    await until(() => viewers.every((viewer) => newestOf(viewer, "main") > 50), { what: "events" });
    const fault = performance.now();
    process.kill(pid, "SIGKILL");
    const ending = (viewer: Viewer) => viewer.held.findIndex(({ text }) => JSON.parse(text).status === "error");
    await until(() => viewers.every((viewer) => ending(viewer) >= 0), { what: "the end of the run", timeout_ms: 20_000 });
    expect((await training.exited).code).toBe(128 + 9);
    const heal_ms = Math.max(...viewers.map((viewer) => viewer.arrivals[ending(viewer)] ?? Number.NaN)) - fault;
    for (const viewer of viewers) {
      expect(JSON.parse(viewer.held[ending(viewer)]?.text ?? "")).toMatchObject({ error: expect.stringContaining("SIGKILL") });
      expect(viewer.held.findLastIndex(({ mark }) => mark !== null)).toBeLessThan(ending(viewer));
    }
    // The last number is written down before its line is printed: the signal may have come between.
    const produced = training.produced();
    const said = newestOf(viewers[0] as Viewer, "main");
    expect(said).toBeGreaterThanOrEqual(produced - 1);
    await judge({ fault: "trainer killed", relay, run, produced: { main: said }, viewers, heal_ms, note: "healed: the end is told" });
  });
});

describe("kill -9 of what all share", () => {
  test("PR1 of the relay in the middle of a burst, twice: what viewers saw and no chunk had comes back under the same offsets", async () => {
    const run = "relay";
    const burst = await startBurst(relay, run);
    const viewers = await seat(relay, run);
    const heals: number[] = [];
    let uncommitted = 0;
    burst.produce({ at_once: 20 });
    for (let time = 1; time <= 2; time += 1) {
      const from = burst.produced();
      // Everybody has events that no chunk holds: the room acknowledges only what it has stored, and only then.
      const tail = () => Math.min(...viewers.map((viewer) => newestOf(viewer, "main"))) - burst.figures().acked;
      await until(() => burst.produced() > from + 1000 && tail() > 100, { what: "a tail" });
      uncommitted += tail();
      const fault = performance.now();
      await relay.kill9();
      await relay.restart();
      heals.push(await healed(viewers, fault, "main", burst.produced() + 1));
    }
    const produced = await burst.finish();
    const resumed = viewers.map((viewer) => viewer.welcomes.slice(1).map(({ recovered }) => recovered));
    expect(resumed).toEqual(viewers.map(() => [true, true]));
    expect(new Set(viewers.flatMap((viewer) => viewer.welcomes.map(({ log_id }) => log_id))).size).toBe(1);
    const note = `${uncommitted} events seen by all and in no chunk`;
    await judge({ fault: "relay killed in a burst, 2 times", relay, run, produced, viewers, heal_ms: Math.max(...heals), note });
  });
});
