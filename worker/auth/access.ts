import type { MiddlewareHandler } from "hono";
import { type Claims, coversRun, isRunId, type Role } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { HttpFailure } from "../http/errors.ts";
import { isAllowedOrigin } from "./origin.ts";
import { presentedToken } from "./present.ts";
import { readKeys, verifyToken } from "./token.ts";

/** What may be done, and by whom (AC5). */
const ROLES = {
  read: ["viewer", "operator", "agent", "owner"],
  command: ["operator", "owner"],
  produce: ["agent"],
  /** Make tokens. */
  grant: ["owner"],
} as const satisfies Record<string, readonly Role[]>;
export type Action = keyof typeof ROLES;

/** Middleware: lets in who has a token for the action, and for the run in the path if there is one. Sets `claims`. */
export function access(action: Action): MiddlewareHandler<AppContext> {
  return async (c, next) => {
    const claims = await authenticate(c.req.raw, c.env);
    const run = c.req.param("run");
    authorize(claims, action, run);
    c.set("claims", claims);
    await next();
  };
}

/** @throws HttpFailure `unauthorized`, `token_expired`, `origin_not_allowed`, `misconfigured` */
export async function authenticate(request: Request, env: AppContext["Bindings"]): Promise<Claims> {
  const keys = readKeys(env);
  if (!keys.ok) throw new HttpFailure(keys.code, keys.message);
  const presented = presentedToken(request);
  if (presented === null) throw new HttpFailure("unauthorized");
  const verified = await verifyToken(presented.token, keys.value, Date.now());
  if (!verified.ok) throw new HttpFailure(verified.code, verified.message);
  if (presented.source === "cookie" && !isSafe(request)) {
    const origin = request.headers.get("Origin");
    if (!isAllowedOrigin(origin, new URL(request.url), env.RUNCAST_ALLOWED_ORIGINS)) throw new HttpFailure("origin_not_allowed");
  }
  return verified.value;
}

/** @throws HttpFailure `forbidden`; the same whether or not the run exists */
export function authorize(claims: Claims, action: Action, run: string | undefined): void {
  if (run !== undefined && !isRunId(run))
    throw new HttpFailure("not_found", "a run's id has 1 to 64 letters, digits, dots, dashes or underscores");
  if (run !== undefined && !coversRun(claims.runs, run)) throw new HttpFailure("forbidden", "this token is not for this run");
  if (!(ROLES[action] as readonly Role[]).includes(claims.role)) throw new HttpFailure("forbidden", `a ${claims.role} may not do that`);
}

/** A read: not a write, and not an upgrade, which is a GET with the power to write. */
function isSafe(request: Request): boolean {
  const upgrade = request.headers.get("Upgrade")?.toLowerCase() === "websocket";
  return (request.method === "GET" || request.method === "HEAD") && !upgrade;
}
