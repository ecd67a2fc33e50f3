import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLOCK_LEEWAY_S } from "../../protocol/index.ts";
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

const GOOD_FOR_S = 3;

describe("a viewer's connection", () => {
  test("AC4 ends with its token, which nobody expects: it comes back with another one, where it was", async () => {
    const run = "token";
    const burst = await startBurst(relay, run);
    const near = await seat(relay, run);
    let fault = 0;
    const token = () => {
      const isFirst = fault === 0;
      if (isFirst) fault = performance.now() + GOOD_FOR_S * 1000;
      // What is forgiven counts too.
      return relay.token("viewer", run, { lifetime_s: isFirst ? GOOD_FOR_S - CLOCK_LEEWAY_S : 3600 });
    };
    const viewer = watchClient({ at: relay.url, run, token });
    const viewers = [...near, viewer];
    burst.produce({ at_once: 1, every_ms: 50 });
    await until(() => viewers.every((each) => newestOf(each, "main") > 10), { what: "events" });
    await until(() => performance.now() > fault, { what: "the token's end" });
    const heal_ms = await healed(viewers, fault, "main", burst.produced() + 10);
    expect(viewer.closes).toEqual([4101]);
    expect(viewer.welcomes.map(({ recovered }) => recovered)).toEqual([false, true]);
    await judge({ fault: "viewer's token ends", relay, run, produced: await burst.finish(), viewers, heal_ms });
  });
});
