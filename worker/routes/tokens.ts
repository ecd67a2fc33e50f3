import { Hono } from "hono";
import { coversRuns, describe, type TokenMade, tokenRequest } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { access } from "../auth/access.ts";
import { readKeys, signToken } from "../auth/token.ts";
import { errorResponse } from "../http/errors.ts";

export const tokens = new Hono<AppContext>()
  /** `POST /api/tokens` `{role, sub, runs, expires_in}`: an owner makes a token for runs that its own covers → 201 `{token, jti, expires_at}` */
  .post("/api/tokens", access("grant"), async (c) => {
    const body = await c.req.json().catch(() => undefined);
    if (body === undefined) return errorResponse("invalid_json");
    const request = tokenRequest.safeParse(body);
    if (!request.success) return errorResponse("invalid_message", describe(request.error));
    const { role, sub, runs, expires_in } = request.data;
    if (!coversRuns(c.get("claims").runs, runs)) return errorResponse("forbidden", "your own token is not for all of these runs");
    const keys = readKeys(c.env);
    if (!keys.ok) return errorResponse(keys.code, keys.message);
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + expires_in;
    const jti = crypto.randomUUID();
    const token = await signToken({ sub, role, runs, iat, exp, jti }, keys.value);
    const made: TokenMade = { token, jti, expires_at: new Date(exp * 1000).toISOString() };
    // A token is for whoever asked, and for no cache on the way.
    return c.json(made, 201, { "cache-control": "no-store" });
  });
