import { isIPv4 } from "node:net";
import type { UserConfig } from "./logins.ts";
import type { Env } from "./paths.ts";

export const DEFAULT_RELAY = "http://127.0.0.1:8787";

/** A relay's address in the two forms in which it is used; neither ends in a slash. */
export type Relay = { http: string; ws: string };

const HTTP_OF: Readonly<Record<string, string>> = { "http:": "http:", "ws:": "http:", "https:": "https:", "wss:": "https:" };

/**
 * @param text `http`, `https`, `ws` or `wss`, with or without a path in front of the relay's own
 * @returns the address, or null where the text is none
 */
export function parseRelay(text: string): Relay | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const scheme = HTTP_OF[url.protocol];
  if (!scheme || !url.host) return null;
  const rest = `//${url.host}${url.pathname.replace(/\/+$/, "")}`;
  return { http: `${scheme}${rest}`, ws: `${scheme === "https:" ? "wss:" : "ws:"}${rest}` };
}

/** @returns the relay to use: the option, else `RUNCAST_RELAY`, else the one of the last login, else the local one. */
export function chooseRelay(option: string | undefined, env: Env, settings: Pick<UserConfig, "relay">): string {
  return option || env.RUNCAST_RELAY || settings.relay || DEFAULT_RELAY;
}

/** @returns whether the relay runs on this machine. */
export function isLoopback(relay: Relay): boolean {
  const { hostname } = new URL(relay.http);
  return (
    hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."))
  );
}

/** @returns the link that opens the run in a browser, signed in where a token is given (AC2: in the fragment). */
export function watchLink(relay: Relay, run: string, token: string | null): string {
  const link = `${relay.http}/runs/${encodeURIComponent(run)}`;
  return token === null ? link : `${link}#token=${token}`;
}
