import { sign, verify } from "hono/jwt";
import { z } from "zod";
import {
  CLOCK_LEEWAY_S,
  type Claims,
  claims,
  type Failure,
  failure,
  type Result,
  TOKEN_LIFETIME_MAX_S,
  TOKEN_MAX_LENGTH,
} from "../../protocol/index.ts";
import { hasUniqueNames } from "./unique-names.ts";

/** A shorter HS256 key can be guessed from one token. */
export const SECRET_MIN_BYTES = 32;

/** Keys that verify: the present one, and the one before it while they rotate (AC1). */
export type Keys = { present: string; previous: string | null };

/** @returns the keys, or a failure that says how to make one */
export function readKeys(env: { RUNCAST_SECRET?: string; RUNCAST_SECRET_PREVIOUS?: string }): Result<Keys> {
  const present = env.RUNCAST_SECRET ?? "";
  const previous = env.RUNCAST_SECRET_PREVIOUS || null;
  if (isShort(present)) return tooShort("RUNCAST_SECRET");
  if (previous !== null && isShort(previous)) return tooShort("RUNCAST_SECRET_PREVIOUS");
  return { ok: true, value: { present, previous } };
}

/**
 * AC1: HS256 and nothing else, `sub`, `role`, `runs` and `exp` required, good for no longer than its role allows.
 * @param now milliseconds since 1970
 */
export async function verifyToken(token: string, keys: Keys, now: number): Promise<Result<Claims>> {
  if (token.length > TOKEN_MAX_LENGTH || !isPlain(token)) return failure("unauthorized");
  const payload = (await signedWith(token, keys.present)) ?? (keys.previous === null ? null : await signedWith(token, keys.previous));
  if (payload === null) return failure("unauthorized");
  const parsed = claims.safeParse(payload);
  if (!parsed.success) return failure("unauthorized");
  const { exp, nbf, role } = parsed.data;
  if (exp + CLOCK_LEEWAY_S <= now / 1000) return failure("token_expired");
  if (nbf !== undefined && nbf - CLOCK_LEEWAY_S > now / 1000) return failure("unauthorized", "the token is not valid yet");
  const longest = TOKEN_LIFETIME_MAX_S[role];
  if (exp - CLOCK_LEEWAY_S > now / 1000 + longest) {
    return failure("unauthorized", `a token of role ${role} is good for ${longest / 86_400} days at most: this one says longer`);
  }
  return { ok: true, value: parsed.data };
}

/** What a token that the relay makes says. */
export type MadeClaims = Pick<Claims, "sub" | "role" | "runs" | "exp"> & { iat: number; jti: string };

/** Signs a token with the present key (AC1). */
export function signToken(said: MadeClaims, keys: Keys): Promise<string> {
  return sign(said, keys.present, "HS256");
}

/**
 * Nothing in a header may choose a key or change what the signature means (`kid`, `jwk`, `jku`, `x5u`, `crit`, `b64`): whoever makes
 * tokens for this relay needs none of it.
 */
const header = z.strictObject({ alg: z.literal("HS256"), typ: z.literal("JWT").optional() });

/**
 * RFC 7515, 7519: three parts in base64url without padding, each spelt in the one way that there is, JSON in UTF-8 without a mark of byte
 * order, and no name twice in either: readers differ in which of the two they believe.
 */
function isPlain(token: string): boolean {
  const [head, payload, signature, more] = token.split(".");
  if (head === undefined || payload === undefined || signature === undefined || more !== undefined) return false;
  try {
    bytesOf(signature);
    const [said, claimed] = [textOf(head), textOf(payload)];
    JSON.parse(claimed);
    return header.safeParse(JSON.parse(said)).success && hasUniqueNames(said) && hasUniqueNames(claimed);
  } catch {
    return false;
  }
}

function textOf(part: string): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytesOf(part));
}

/** @throws for what is not, letter for letter, what these bytes are written as: `atob` also takes padding, white space and spare bits */
function bytesOf(part: string): Uint8Array {
  const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  const spelt = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  if (part === "" || spelt !== part) throw new Error("not in base64url");
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

async function signedWith(token: string, secret: string): Promise<unknown> {
  try {
    return await verify(token, secret, { alg: "HS256", exp: false, nbf: false, iat: false });
  } catch {
    return null;
  }
}

function isShort(secret: string): boolean {
  return new TextEncoder().encode(secret).byteLength < SECRET_MIN_BYTES;
}

function tooShort(name: string): Failure {
  return failure("misconfigured", `${name} must have at least ${SECRET_MIN_BYTES} bytes: make one with \`openssl rand -base64 48\``);
}
