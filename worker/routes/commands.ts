import { Hono } from "hono";
import { type CommandRecord, commandRequest, describe } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { access } from "../auth/access.ts";
import { errorResponse } from "../http/errors.ts";
import { existing, roomOf } from "../rooms.ts";

export const commands = new Hono<AppContext>()
  /** `GET /api/runs/:run/commands`: every command, newest first. */
  .get("/api/runs/:run/commands", access("read"), async (c) => {
    const found = existing(await roomOf(c.env, c.req.param("run")).commands());
    return c.json({ commands: JSON.parse(found) as CommandRecord[] });
  })
  /** `POST /api/runs/:run/commands` `{id, command, …}` → 202 `{id, state}` */
  .post("/api/runs/:run/commands", access("command"), async (c) => {
    const body = await c.req.json().catch(() => undefined);
    if (body === undefined) return errorResponse("invalid_json");
    const request = commandRequest.safeParse(body);
    if (!request.success) return errorResponse("invalid_message", describe(request.error));
    const result = await roomOf(c.env, c.req.param("run")).command(request.data, c.get("claims").sub);
    return result.ok ? c.json({ id: request.data.id, state: result.value }, 202) : errorResponse(result.code, result.message);
  });
