import type { Hono } from "hono";
import type { AppContext } from "../app-context.ts";
import { readKeys } from "../auth/token.ts";
import { errorResponse } from "../http/errors.ts";
import { route } from "../http/route.ts";

/** `GET /healthz`: open to all; says only whether the relay can work. */
export function health(app: Hono<AppContext>): void {
  route(app, "GET /healthz", (c) => {
    const keys = readKeys(c.env);
    return keys.ok ? c.json({ ok: true }) : errorResponse(keys.code, keys.message);
  });
}
