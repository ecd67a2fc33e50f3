import type { Hono } from "hono";
import type { RelayStatus } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { route } from "../http/route.ts";
import { OPEN_METRICS_TYPE, openMetrics } from "../status/open-metrics.ts";
import { relayFigures } from "../status/relay-figures.ts";
import { relayMetrics } from "../status/relay-metrics.ts";

export function status(app: Hono<AppContext>): void {
  /** Connections, frames, latency, errors, tail and log of the token's own runs that have somebody connected. */
  route(app, "GET /api/ws/status", async (c) => {
    const { connections, training_state, upgrades, runs } = await relayFigures(c.env, c.get("grant"));
    const active_connections = Object.values(connections).reduce((sum, count) => sum + count, 0);
    return c.json<RelayStatus>({ active_connections, connections, training_state, upgrades, runs: Object.fromEntries(runs) });
  });

  /** The same as OpenMetrics, of all runs. */
  route(app, "GET /metrics", async (c) => {
    const families = relayMetrics(await relayFigures(c.env, c.get("grant")));
    return c.body(openMetrics(families), 200, { "Content-Type": OPEN_METRICS_TYPE, "Cache-Control": "no-store" });
  });
}
