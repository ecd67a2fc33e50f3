import { onTestFinished } from "vitest";
import { parseRelay, type Relay } from "../../../agent/config/relay.ts";
import type { Spool } from "../../../agent/spool/spool.ts";
import { agentTokens } from "../../../agent/uplink/credentials.ts";
import { createUplink, type Uplink, type UplinkOptions } from "../../../agent/uplink/uplink.ts";

function relayAt(url: string): Relay {
  const relay = parseRelay(url);
  if (!relay) throw new Error(`no relay: ${url}`);
  return relay;
}

/** Starts an uplink of the run `a-run`, if nothing else is said; it is closed when the test is over. */
export function uplinkTo(url: string, spool: Spool, more: Partial<UplinkOptions> = {}): Uplink & { said: string[] } {
  const said: string[] = [];
  const uplink = createUplink({
    relay: relayAt(url),
    run: "a-run",
    tokens: agentTokens({ kind: "token", token: "a token" }, "a-run"),
    spool,
    agent: { name: "test", version: "0" },
    runInfo: () => ({ name: "a run" }),
    say: (_, text) => said.push(text),
    onCommand: () => undefined,
    onLive: () => undefined,
    onChange: () => undefined,
    ...more,
  });
  onTestFinished(uplink.close);
  uplink.start();
  return { ...uplink, said };
}
