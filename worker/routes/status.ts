import type { Hono } from "hono";
import type { AppContext } from "../app-context.ts";
import { route } from "../http/route.ts";
import { familiesOf } from "../status/families.ts";
import { OPEN_METRICS_TYPE, openMetrics } from "../status/open-metrics.ts";
import { readFigures, statusOf } from "../status/relay-status.ts";

export function status(app: Hono<AppContext>): void {
  /** Connections, frames, latency, errors, tail and log of the token's own runs that have somebody connected. */
  route(app, "GET /api/ws/status", async (c) => c.json(statusOf(await readFigures(c.env, c.get("grant")))));

  /** The same for Prometheus. */
  route(app, "GET /metrics", async (c) => {
    const text = openMetrics(familiesOf(await readFigures(c.env, c.get("grant"))));
    return new Response(text, { headers: { "content-type": OPEN_METRICS_TYPE, "cache-control": "no-store" } });
  });
}
