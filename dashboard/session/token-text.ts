/** Three parts of base64url: the shape of a JWT. */
const TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** @returns the token in an address's fragment `#token=…`, or null */
export function tokenInFragment(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/, "")).get("token");
  return token !== null && TOKEN.test(token) ? token : null;
}

/**
 * @param text what somebody pasted: a token, or a link that carries one, with whatever spaces came along
 * @returns the token, and the path that the link goes to; null where there is none
 */
export function tokenInText(text: string): { token: string; path: string | null } | null {
  const trimmed = text.trim();
  if (TOKEN.test(trimmed)) return { token: trimmed, path: null };
  const link = URL.parse(trimmed);
  const token = link === null ? null : tokenInFragment(link.hash);
  return link === null || token === null ? null : { token, path: link.pathname };
}
