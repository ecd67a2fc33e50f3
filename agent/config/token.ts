import { createHmac, randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { type Claims, NAME_MAX_LENGTH, type Role } from "../../protocol/index.ts";

const HEADER = encode({ alg: "HS256", typ: "JWT" });

/** @returns the claims as a JWT, HS256 (AC1). */
export function signToken(claims: Claims, secret: string): string {
  const body = `${HEADER}.${encode(claims)}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** What a new token is to say. */
export type TokenWish = { role: Role; runs: string; sub: string; expiresInSeconds: number };

/**
 * @param now milliseconds since 1970
 * @returns claims with an id of their own, so that the token can be revoked
 */
export function makeClaims(wish: TokenWish, now: number): Claims & { jti: string } {
  const iat = Math.floor(now / 1000);
  return { sub: wish.sub, role: wish.role, runs: wish.runs, iat, exp: iat + wish.expiresInSeconds, jti: randomUUID() };
}

/** @returns the name shown to others when none was given: the account's. */
export function accountName(): string {
  try {
    return userInfo().username.slice(0, NAME_MAX_LENGTH) || "someone";
  } catch {
    return "someone"; // an account without an entry in the user database, as in some containers
  }
}
