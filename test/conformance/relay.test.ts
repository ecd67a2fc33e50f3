import { afterAll, beforeAll, describe, test } from "vitest";
import { type Relay, startRelay } from "../support/relay.ts";
import { SUITE } from "./suite/index.ts";
import type { Case } from "./support/case.ts";
import { CASE_MS, missing, play } from "./support/play.ts";
import { type Target, targetBySecret } from "./support/target.ts";

/** The suite against the relay of this checkout, on workerd. Slow cases are left to `npm run conformance -- --slow`. */

let relay: Relay;
let target: Target;
beforeAll(async () => {
  relay = await startRelay();
  target = targetBySecret(relay.url, relay.secret);
});
afterAll(() => relay.stop());

function register(one: Case, declare: typeof test | typeof test.concurrent): void {
  declare(
    one.title,
    async ({ skip }) => {
      const why = missing(one, target, { slow: false });
      if (why !== null) skip(why);
      const outcome = await play(one, target);
      if (outcome.kind === "failed") throw outcome.error;
    },
    CASE_MS + 10_000,
  );
}

describe("a relay on workerd", () => {
  for (const one of SUITE.filter(({ slow, alone }) => !slow && !alone)) register(one, test.concurrent);
});

describe("a relay on workerd, a case at a time", () => {
  for (const one of SUITE.filter(({ slow, alone }) => !slow && alone)) register(one, test);
});
