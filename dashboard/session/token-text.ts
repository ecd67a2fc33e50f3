import { type Role, role } from "../../protocol/index.ts";

/** Three parts of base64url: the shape of a JWT. */
const TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** @returns the role that a token says it has, null for none. Only the relay knows whether it has: this decides what is offered, not what is allowed. */
export function roleIn(token: string): Role | null {
  try {
    const [, payload = ""] = token.split(".");
    const said = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { role?: unknown };
    return role.safeParse(said.role).data ?? null;
  } catch {
    return null;
  }
}

/** @returns the token in an address's fragment `#token=…`, or null */
export function tokenInFragment(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/, "")).get("token");
  return token !== null && TOKEN.test(token) ? token : null;
}

/**
 * @param search an address's query, `?token=…` (AC2)
 * @returns its token, and the query without it, in which nothing else is changed
 */
export function tokenInQuery(search: string): { token: string | null; rest: string } {
  const parts = search.replace(/^\?/, "").split("&");
  const rest = parts.filter((part) => part !== "" && !isToken(part)).join("&");
  const token = new URLSearchParams(search).get("token");
  return { token: token !== null && TOKEN.test(token) ? token : null, rest: rest === "" ? "" : `?${rest}` };
}

/** However the name is written: `%74oken=` is a token, too. */
function isToken(part: string): boolean {
  return new URLSearchParams(part).has("token");
}

/**
 * @param text what somebody pasted: a token, or a link that carries one, with whatever spaces came along
 * @returns the token, and the path that the link goes to, with its query; null where there is none
 */
export function tokenInText(text: string): { token: string; path: string | null } | null {
  const trimmed = text.trim();
  if (TOKEN.test(trimmed)) return { token: trimmed, path: null };
  const link = URL.parse(trimmed);
  const token = link === null ? null : (tokenInFragment(link.hash) ?? tokenInQuery(link.search).token);
  return link === null || token === null ? null : { token, path: link.pathname + tokenInQuery(link.search).rest };
}
