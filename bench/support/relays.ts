import { fileURLToPath } from "node:url";
import { type Relay, startRelay } from "../../test/support/relay.ts";
import { listener } from "./linux.ts";

/** A relay, or the peers on the engine of a relay, as a bench asks it: past wrangler's front, a second workerd that a deployed Worker lacks. */
export type BenchRelay = {
  relay: Relay;
  /** Origin for WebSockets. */
  ws: string;
  /** The workerd that runs the Worker. */
  pid: number;
};

const PEERS = fileURLToPath(new URL("../peers/wrangler.toml", import.meta.url));
/** Everybody comes from one address here (AC6). */
const UPGRADES_PER_MINUTE = 1_000_000_000;

export async function startRuncast(): Promise<BenchRelay> {
  return reached(await startRelay({ upgradesPerMinute: UPGRADES_PER_MINUTE }));
}

export async function startPeers(): Promise<BenchRelay> {
  return reached(await startRelay({ config: PEERS }));
}

function reached(relay: Relay): BenchRelay {
  return { relay, ws: relay.innerUrl.replace(/^http/, "ws"), pid: listener(Number(new URL(relay.innerUrl).port)) };
}
