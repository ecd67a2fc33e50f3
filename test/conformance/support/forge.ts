import { createHmac } from "node:crypto";
import type { Role } from "../../../protocol/index.ts";
import type { Context } from "./context.ts";

export const now = () => Math.floor(Date.now() / 1000);

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JWT of any kind, good or bad. */
export function forge(secret: string, said: Record<string, unknown>, { alg = "HS256", hash = "sha256" } = {}): string {
  const body = `${encode({ alg, typ: "JWT" })}.${encode(said)}`;
  return `${body}.${alg === "none" ? "" : createHmac(hash, secret).update(body).digest("base64url")}`;
}

export const goodClaims = (at: Context) => ({ sub: "forged", role: "viewer", runs: at.run, exp: now() + 3600 });
export const secretOf = (at: Context) => at.target.secret ?? "";

/** The signature of one payload over another, which covers every run. */
export function tampered(token: string, said: Record<string, unknown>): string {
  const [header, , signature] = token.split(".");
  return `${header}.${encode({ ...said, runs: "*" })}.${signature}`;
}

/** A token that ends in about `seconds`, the forgiven clock difference counted. */
export const endsIn = (at: Context, seconds: number, role: Role = "viewer") =>
  forge(secretOf(at), { ...goodClaims(at), role, exp: now() - 30 + seconds });
