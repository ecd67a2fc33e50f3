import type { Hono } from "hono";
import { type CommandRecord, commandRequest } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { readBody } from "../http/body.ts";
import { errorResponse } from "../http/errors.ts";
import { route } from "../http/route.ts";
import { existing, roomOf } from "../rooms.ts";

export function commands(app: Hono<AppContext>): void {
  /** Every command of the run, newest first. */
  route(app, "GET /api/runs/:run/commands", async (c) => {
    const found = existing(await roomOf(c.env, c.req.param("run")).commands());
    return c.json({ commands: JSON.parse(found) as CommandRecord[] });
  });

  /** `{id, command, …}` → 202 `{id, state}` */
  route(app, "POST /api/runs/:run/commands", async (c) => {
    const request = await readBody(c, commandRequest);
    const result = await roomOf(c.env, c.req.param("run")).command(request, c.get("grant").sub);
    return result.ok ? c.json({ id: request.id, state: result.value }, 202) : errorResponse(result.code, result.message);
  });
}
