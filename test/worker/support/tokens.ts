import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";
import type { Claims } from "../../../protocol/index.ts";
import type { Env } from "../../../worker/env.ts";

export const SECRET = (env as unknown as Env).RUNCAST_SECRET;

/** A token for an hour; claims as given. */
export async function token(given: Partial<Claims> = {}, secret = SECRET): Promise<string> {
  const payload: Record<string, unknown> = {
    sub: "tester",
    role: "viewer",
    runs: "*",
    exp: Math.floor(Date.now() / 1000) + 3600,
    ...given,
  };
  return sign(payload, secret, "HS256");
}
