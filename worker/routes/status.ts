import type { Hono } from "hono";
import type { AppContext } from "../app-context.ts";
import { route } from "../http/route.ts";
import { readStatus } from "../status/relay-status.ts";

export function status(app: Hono<AppContext>): void {
  /** Connections, frames, latency, errors, tail and log of the token's own runs that have somebody connected. */
  route(app, "GET /api/ws/status", async (c) => c.json(await readStatus(c.env, c.get("grant"))));
}
