import { afterAll, beforeAll } from "vitest";
import { type Relay, startRelay } from "../support/relay.ts";
import { SUITE } from "./suite/index.ts";
import { register } from "./support/register.ts";
import { type Target, targetBySecret } from "./support/target.ts";

let relay: Relay;
let target: Target;
beforeAll(async () => {
  // All cases come from one address, in two minutes; the bound itself is tried by a slow case of `npm run conformance`.
  relay = await startRelay({ upgradesPerMinute: 6000 });
  target = targetBySecret(relay.url, relay.secret);
});
afterAll(() => relay.stop());

register("a relay of this checkout, on workerd", SUITE, () => target);
