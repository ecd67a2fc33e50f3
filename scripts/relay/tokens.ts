import { randomUUID } from "node:crypto";
import { sign, verify } from "hono/jwt";
import { type Claims, claims } from "../../protocol/claims.ts";
import { errorBody } from "../../protocol/http.ts";
import { TOKEN_LIFETIME_MAX_S } from "../../protocol/limits.ts";
import { readPrivate, type StateFolder, writePrivate } from "./state.ts";

const DAY_S = 24 * 60 * 60;
const OWNER_TOKEN_S = TOKEN_LIFETIME_MAX_S.owner;
const RENEW_S = 7 * DAY_S;

/**
 * Signs a token (AC1).
 *
 * @param lifetime_s how long it is good for, in seconds
 * @param now_ms the present time, in milliseconds since 1970
 */
export function signToken(
  secret: string,
  grant: Pick<Claims, "role" | "runs" | "sub">,
  lifetime_s: number,
  now_ms: number,
): Promise<string> {
  const iat = Math.floor(now_ms / 1000);
  return sign({ ...grant, iat, exp: iat + lifetime_s, jti: randomUUID() }, secret, "HS256");
}

/** @returns whether the relay says that a token was revoked; false where it does not answer */
export async function isRevoked(token: string, url: string): Promise<boolean> {
  try {
    const answer = await fetch(new URL("/api/runs", url), { headers: { authorization: `Bearer ${token}` } });
    const said = errorBody.safeParse(await answer.json());
    return said.success && said.data.error.code === "token_revoked";
  } catch {
    return false;
  }
}

/** Makes the owner's token anew, in place of one that was revoked. */
export async function renewOwnerToken(state: StateFolder, secret: string, now_ms: number): Promise<string> {
  const token = await signToken(secret, { sub: "owner", role: "owner", runs: "*" }, OWNER_TOKEN_S, now_ms);
  writePrivate(state.ownerToken, `${token}\n`);
  return token;
}

/**
 * The token that the link printed by `npm start` carries. It stays the same from start to start, so that open pages stay signed in,
 * until it is about to expire or the key has changed.
 *
 * @param now_ms the present time, in milliseconds since 1970
 */
export async function ownerToken(state: StateFolder, secret: string, now_ms: number): Promise<string> {
  const kept = readPrivate(state.ownerToken);
  if (kept !== undefined && (await isGood(kept, secret, now_ms))) return kept;
  return renewOwnerToken(state, secret, now_ms);
}

async function isGood(token: string, secret: string, now_ms: number): Promise<boolean> {
  try {
    // The library would compare with a clock of its own.
    const parsed = claims.safeParse(await verify(token, secret, { alg: "HS256", exp: false }));
    return parsed.success && parsed.data.role === "owner" && parsed.data.exp - now_ms / 1000 > RENEW_S;
  } catch {
    return false;
  }
}
