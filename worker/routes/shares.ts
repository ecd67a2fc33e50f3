import type { Hono } from "hono";
import { NAME_MAX_LENGTH, type ShareMade, shareRequest } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { makeToken } from "../auth/make-token.ts";
import { SHARES } from "../auth/role-table.ts";
import { readBody } from "../http/body.ts";
import { errorResponse, HttpFailure } from "../http/errors.ts";
import { route } from "../http/route.ts";
import { directoryOf, existing, roomOf } from "../rooms.ts";

/** Links that sign in to one run. */
export function shares(app: Hono<AppContext>): void {
  /** `{role, sub?, expires_in}` → 201 `{token, jti, url, expires_at}` */
  route(app, "POST /api/runs/:run/share", async (c) => {
    const run = c.req.param("run");
    const { role, sub, expires_in } = await readBody(c, shareRequest);
    const grant = c.get("grant");
    if (!SHARES[role].includes(grant.role)) throw new HttpFailure("forbidden", `a ${grant.role} may not share as ${role}`);
    existing(await roomOf(c.env, run).summary());
    const named = sub ?? `guest of ${grant.sub}`.slice(0, NAME_MAX_LENGTH);
    const made = await makeToken(c.env, { role, sub: named, runs: run, expires_in }, grant, run);
    const url = `${new URL(c.req.url).origin}/runs/${encodeURIComponent(run)}#token=${made.token}`;
    return c.json({ ...made, url } satisfies ShareMade, 201, { "cache-control": "no-store" });
  });

  /** The links that have not ended, newest first, without their tokens. */
  route(app, "GET /api/runs/:run/share", async (c) => {
    existing(await roomOf(c.env, c.req.param("run")).summary());
    return c.json({ shares: await directoryOf(c.env).shares(c.req.param("run")) }, 200, { "cache-control": "no-store" });
  });

  /** Revokes a link. Who may make one may revoke one → 204 */
  route(app, "DELETE /api/runs/:run/share/:jti", async (c) => {
    const { run, jti } = c.req.param();
    const share = await directoryOf(c.env).share(run, jti);
    if (share === null) throw new HttpFailure("not_found", "this run has no such link, or it has ended");
    const makers = share.role === "viewer" || share.role === "operator" ? SHARES[share.role] : [];
    const grant = c.get("grant");
    if (!makers.includes(grant.role)) {
      throw new HttpFailure("forbidden", `a ${grant.role} may not revoke a link that shares as ${share.role}`);
    }
    const result = await directoryOf(c.env).revoke(jti, run, { runs: grant.runs, jti: grant.jti });
    return result.ok ? c.body(null, 204) : errorResponse(result.code, result.message);
  });
}
