import { failure, type Result } from "../../protocol/index.ts";
import type { Env } from "../env.ts";
import { directoryOf } from "../rooms.ts";
import type { Identity } from "../run/sockets.ts";
import { checkToken } from "./access.ts";
import { type Grant, reach } from "./grant.ts";

/** What a run's room and the directory know of who comes. */
export function identityOf({ sub, role, exp, jti }: Grant): Identity {
  return { sub, role, exp, jti: jti ?? null };
}

/** A token that comes to a run by its socket (AC4): whose it is, and from now on a revocation follows it there. */
export async function identify(token: string, run: string, env: Env): Promise<Result<Identity>> {
  const checked = await checkToken(token, env);
  if (!checked.ok) return checked;
  if (reach(checked.value, run) !== "yes") return failure("forbidden", "this token is not for this run");
  const identity = identityOf(checked.value);
  const arrived = await directoryOf(env).arrive({ ...identity, run }, false);
  return arrived.ok ? { ok: true, value: identity } : arrived;
}
