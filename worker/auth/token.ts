import { sign, verify } from "hono/jwt";
import { CLOCK_LEEWAY_S, type Claims, claims, failure, type Result, TOKEN_MAX_LENGTH } from "../../protocol/index.ts";

/** A shorter HS256 key can be guessed from one token. */
export const SECRET_MIN_BYTES = 32;

/** Keys that verify: the present one, and the one before it while they rotate (AC1). */
export type Keys = { present: string; previous: string | null };

/** @returns the keys, or a failure that says how to make one */
export function readKeys(env: { RUNCAST_SECRET?: string; RUNCAST_SECRET_PREVIOUS?: string }): Result<Keys> {
  const present = env.RUNCAST_SECRET ?? "";
  if (new TextEncoder().encode(present).byteLength < SECRET_MIN_BYTES) {
    return failure(
      "misconfigured",
      `RUNCAST_SECRET must have at least ${SECRET_MIN_BYTES} bytes: make one with \`openssl rand -base64 48\``,
    );
  }
  return { ok: true, value: { present, previous: env.RUNCAST_SECRET_PREVIOUS || null } };
}

/**
 * AC1: HS256 and nothing else, `sub`, `role`, `runs` and `exp` required.
 * @param now milliseconds since 1970
 */
export async function verifyToken(token: string, keys: Keys, now: number): Promise<Result<Claims>> {
  if (token.length > TOKEN_MAX_LENGTH) return failure("unauthorized");
  const payload = (await signedWith(token, keys.present)) ?? (keys.previous === null ? null : await signedWith(token, keys.previous));
  if (payload === null) return failure("unauthorized");
  const parsed = claims.safeParse(payload);
  if (!parsed.success) return failure("unauthorized");
  if (parsed.data.exp + CLOCK_LEEWAY_S <= now / 1000) return failure("token_expired");
  if (parsed.data.nbf !== undefined && parsed.data.nbf - CLOCK_LEEWAY_S > now / 1000) return failure("unauthorized");
  return { ok: true, value: parsed.data };
}

/** What a token that the relay makes says. */
export type MadeClaims = Pick<Claims, "sub" | "role" | "runs" | "exp"> & { iat: number; jti: string };

/** Signs a token with the present key (AC1). */
export function signToken(said: MadeClaims, keys: Keys): Promise<string> {
  return sign(said, keys.present, "HS256");
}

async function signedWith(token: string, secret: string): Promise<unknown> {
  try {
    return await verify(token, secret, { alg: "HS256", exp: false, nbf: false, iat: false });
  } catch {
    return null;
  }
}
