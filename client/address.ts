/** A relay's address is taken as http, https, ws or wss, with or without a path. */

/**
 * @param relay such as `https://relay.example`
 * @param path beginning with a slash
 * @returns the address of an HTTP route
 */
export function httpAddress(relay: string, path: string, query: Record<string, string> = {}): string {
  return address(relay, path, query, { "ws:": "http:", "wss:": "https:" });
}

/** @returns the address of a WebSocket endpoint. */
export function socketAddress(relay: string, path: string, query: Record<string, string> = {}): string {
  return address(relay, path, query, { "http:": "ws:", "https:": "wss:" });
}

/** Text instead of `url.protocol = …`: a URL does not change between special and other schemes everywhere. */
function address(relay: string, path: string, query: Record<string, string>, schemes: Record<string, string>): string {
  const { protocol, host, pathname } = new URL(relay);
  const search = new URLSearchParams(query).toString();
  return `${schemes[protocol] ?? protocol}//${host}${pathname.replace(/\/+$/, "")}${path}${search === "" ? "" : `?${search}`}`;
}
