import { parse } from "hono/utils/cookie";
import { BEARER_SUBPROTOCOL_PREFIX } from "../../protocol/index.ts";

export const SESSION_COOKIE = "runcast_session";

/** Where a token was found (AC2). */
export type TokenSource = "header" | "subprotocol" | "query" | "cookie";
export type PresentedToken = { token: string; source: TokenSource };

/** @returns the sub-protocols that a WebSocket upgrade offers, in its order */
export function offeredSubprotocols(request: Request): string[] {
  return (request.headers.get("Sec-WebSocket-Protocol") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/**
 * AC2: finds the token of a request. What was given on purpose goes before the cookie, which a browser adds by itself; the first
 * one found counts, also where it turns out to be bad.
 */
export function presentedToken(request: Request): PresentedToken | null {
  const header = /^Bearer +(\S+)$/i.exec(request.headers.get("Authorization") ?? "")?.[1];
  if (header !== undefined) return { token: header, source: "header" };
  const bearer = offeredSubprotocols(request).find((name) => name.startsWith(BEARER_SUBPROTOCOL_PREFIX));
  if (bearer !== undefined) return { token: bearer.slice(BEARER_SUBPROTOCOL_PREFIX.length), source: "subprotocol" };
  const query = new URL(request.url).searchParams.get("token");
  if (query !== null) return { token: query, source: "query" };
  const cookie = parse(request.headers.get("Cookie") ?? "", SESSION_COOKIE)[SESSION_COOKIE];
  if (cookie !== undefined) return { token: cookie, source: "cookie" };
  return null;
}
