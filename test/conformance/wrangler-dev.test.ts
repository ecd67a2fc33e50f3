import { afterAll, beforeAll } from "vitest";
import { RELAY } from "./suite/index.ts";
import { register } from "./support/register.ts";
import { type Target, targetBySecret } from "./support/target.ts";
import { startWranglerDev, type WranglerDev } from "./support/wrangler-dev.ts";

let relay: WranglerDev;
let target: Target;
beforeAll(async () => {
  relay = await startWranglerDev();
  target = targetBySecret(relay.url, relay.secret);
}, 150_000);
afterAll(() => relay?.stop());

/** The engine is the one of relay.test.ts, which runs every case: here the first one of each rule, and of HTTP, is enough. */
const first = RELAY.filter((one, index) => {
  const before = RELAY.slice(0, index).filter(({ slow }) => !slow);
  const isNew = (rule: string) => !before.some(({ rules }) => rules.includes(rule));
  return one.rules.length === 0 ? before.every(({ rules }) => rules.length > 0) : one.rules.some(isNew);
});

register("wrangler dev", first, () => target);
