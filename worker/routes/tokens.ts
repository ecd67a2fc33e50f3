import type { Hono } from "hono";
import { JTI_MAX_LENGTH, type TokenMade, tokenRequest } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { reachesRuns, wholePatterns } from "../auth/grant.ts";
import { makeToken } from "../auth/make-token.ts";
import { readBody } from "../http/body.ts";
import { errorResponse, HttpFailure } from "../http/errors.ts";
import { route } from "../http/route.ts";
import { directoryOf } from "../rooms.ts";

/** @throws HttpFailure `not_found` for what can be no token's id */
function readJti(text: string): string {
  if (text.length > JTI_MAX_LENGTH) throw new HttpFailure("not_found", `a token's id has at most ${JTI_MAX_LENGTH} characters`);
  return text;
}

export function tokens(app: Hono<AppContext>): void {
  /** Tokens that the relay made and that have not ended, newest first, without the tokens themselves. */
  route(app, "GET /api/tokens", async (c) => {
    return c.json({ tokens: await directoryOf(c.env).tokens(c.get("grant")) }, 200, { "cache-control": "no-store" });
  });

  /** `{role, sub, runs, expires_in}`: for runs that the owner's own token covers → 201 `{token, jti, expires_at}` */
  route(app, "POST /api/tokens", async (c) => {
    const wish = await readBody(c, tokenRequest);
    if (!reachesRuns(c.get("grant"), wish.runs)) throw new HttpFailure("forbidden", "your own token is not for all of these runs");
    const made: TokenMade = await makeToken(c.env, wish, c.get("grant"), null);
    // A token is for whoever asked, and for no cache on the way.
    return c.json(made, 201, { "cache-control": "no-store" });
  });

  /** Revokes a token by its id, whoever signed it, for the owner's own runs → 204, also for one that is not known. */
  route(app, "DELETE /api/tokens/:jti", async (c) => {
    const jti = readJti(c.req.param("jti"));
    const grant = c.get("grant");
    const runs = wholePatterns(grant);
    if (runs === null) throw new HttpFailure("forbidden", "your own token was revoked for some of its runs: use another");
    const result = await directoryOf(c.env).revoke(jti, runs, { runs: grant.runs, jti: grant.jti });
    return result.ok ? c.body(null, 204) : errorResponse(result.code, result.message);
  });
}
