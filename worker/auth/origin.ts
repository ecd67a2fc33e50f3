/**
 * AC3: a session cookie travels with every request to the relay, whoever's page sent it. So an upgrade or a write that comes with one
 * must name an origin that is allowed: the relay's own, or one of `RUNCAST_ALLOWED_ORIGINS`.
 * Hosts are compared, not schemes: behind a proxy that ends TLS the Worker sees http.
 */
export function isAllowedOrigin(origin: string | null, url: URL, allowed: string | undefined): boolean {
  if (origin === null) return false;
  if (isListedOrigin(origin, allowed)) return true;
  try {
    return new URL(origin).host === url.host;
  } catch {
    return false;
  }
}

/** @returns whether it stands, letter for letter, in the list of `RUNCAST_ALLOWED_ORIGINS` */
export function isListedOrigin(origin: string, allowed: string | undefined): boolean {
  return (allowed ?? "").split(",").some((entry) => entry.trim() !== "" && entry.trim() === origin);
}
