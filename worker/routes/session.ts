import type { Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { sessionRequest } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { checkToken } from "../auth/access.ts";
import { isAllowedOrigin } from "../auth/origin.ts";
import { presentedToken, SESSION_COOKIE } from "../auth/present.ts";
import { errorResponse } from "../http/errors.ts";
import { route } from "../http/route.ts";

const COOKIE = { httpOnly: true, secure: true, sameSite: "Lax", path: "/" } as const;

/** The session cookie (AC3): what an `<img>` shows its token with. A page elsewhere must not sign anybody in or out. */
export function session(app: Hono<AppContext>): void {
  /** The token as Bearer or as `{"token"}` → `{sub, role, runs, expires_at}` and the cookie. */
  route(app, "POST /api/session", async (c) => {
    if (fromElsewhere(c)) return errorResponse("origin_not_allowed");
    const presented = presentedToken(c.req.raw);
    const body = sessionRequest.safeParse(await c.req.json().catch(() => null));
    const token = presented?.source === "header" ? presented.token : body.success ? body.data.token : null;
    if (token === null) return errorResponse("unauthorized");
    const checked = await checkToken(token, c.env);
    if (!checked.ok) return errorResponse(checked.code, checked.message);
    const { sub, role, runs, exp } = checked.value;
    setCookie(c, SESSION_COOKIE, token, { ...COOKIE, expires: new Date(exp * 1000) });
    return c.json({ sub, role, runs, expires_at: new Date(exp * 1000).toISOString() });
  });

  /** Ends it. */
  route(app, "DELETE /api/session", (c) => {
    if (fromElsewhere(c)) return errorResponse("origin_not_allowed");
    deleteCookie(c, SESSION_COOKIE, COOKIE);
    return c.body(null, 204);
  });
}

/** AC3: browsers send `Origin` with every POST and DELETE; other clients need none, unless they come with the cookie. */
function fromElsewhere(c: Context<AppContext>): boolean {
  const origin = c.req.header("Origin");
  if (origin === undefined) return getCookie(c, SESSION_COOKIE) !== undefined;
  return !isAllowedOrigin(origin, new URL(c.req.url), c.env.RUNCAST_ALLOWED_ORIGINS);
}
