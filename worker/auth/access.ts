import { failure, isRunId, type Result } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import type { Env } from "../env.ts";
import { HttpFailure } from "../http/errors.ts";
import { directoryOf } from "../rooms.ts";
import { type Grant, isRevoked, reach, reachesAll } from "./grant.ts";
import { isAllowedOrigin } from "./origin.ts";
import { presentedToken } from "./present.ts";
import type { Access } from "./role-table.ts";
import { readKeys, verifyToken } from "./token.ts";

/**
 * Lets in who has a token for what a row of the role table says.
 * @param run the run in the path, where there is one
 * @throws HttpFailure
 */
export async function admit(request: Request, env: Env, access: Exclude<Access, "anyone">, run: string | undefined): Promise<Grant> {
  const grant = await authenticate(request, env);
  if (run !== undefined) requireReach(grant, run);
  if (!access.roles.includes(grant.role)) throw new HttpFailure("forbidden", `a ${grant.role} may not do that`);
  if (access.reach === "all" && !reachesAll(grant)) throw new HttpFailure("forbidden", "this needs a token for all runs");
  return grant;
}

/** @throws HttpFailure the same whether or not the run exists */
export function requireReach(grant: Grant, run: string): void {
  if (!isRunId(run)) throw new HttpFailure("not_found", "a run's id has 1 to 64 letters, digits, dots, dashes or underscores");
  const reached = reach(grant, run);
  if (reached === "no") throw new HttpFailure("forbidden", "this token is not for this run");
  if (reached === "revoked") throw new HttpFailure("token_revoked");
}

/** @throws HttpFailure `unauthorized`, `token_expired`, `token_revoked`, `origin_not_allowed`, `misconfigured` */
async function authenticate(request: Request, env: AppContext["Bindings"]): Promise<Grant> {
  const presented = presentedToken(request);
  if (presented === null) throw new HttpFailure("unauthorized");
  const checked = await checkToken(presented.token, env);
  if (!checked.ok) throw new HttpFailure(checked.code, checked.message);
  if (presented.source === "cookie" && !isSafe(request)) {
    const origin = request.headers.get("Origin");
    if (!isAllowedOrigin(origin, new URL(request.url), env.RUNCAST_ALLOWED_ORIGINS)) throw new HttpFailure("origin_not_allowed");
  }
  return checked.value;
}

/** A token by itself: its signature, its time, and whether it was revoked. */
export async function checkToken(token: string, env: Env): Promise<Result<Grant>> {
  const keys = readKeys(env);
  if (!keys.ok) return keys;
  const verified = await verifyToken(token, keys.value, Date.now());
  if (!verified.ok) return verified;
  const { jti } = verified.value;
  // Asked each time: a list that is kept for a while would let in for a while who was put out.
  const except = jti === undefined ? [] : await directoryOf(env).revokedFor(jti);
  const grant = { ...verified.value, except };
  return isRevoked(grant) ? failure("token_revoked") : { ok: true, value: grant };
}

/** A read: not a write, and not an upgrade, which is a GET with the power to write. */
function isSafe(request: Request): boolean {
  const upgrade = request.headers.get("Upgrade")?.toLowerCase() === "websocket";
  return (request.method === "GET" || request.method === "HEAD") && !upgrade;
}
