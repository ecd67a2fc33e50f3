import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { healed, judge, seat } from "./support/scene.ts";
import { train } from "./support/training.ts";
import { newestOf } from "./support/viewers.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

describe("kill -9", () => {
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
});
