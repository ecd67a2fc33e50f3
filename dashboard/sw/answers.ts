/** What the service worker answers itself: the page for a navigation, one of the page's own files, or nothing, which is the network's. */
export type Answer = { kind: "page" } | { kind: "file"; path: string } | { kind: "network" };

const NETWORK: Answer = { kind: "network" };

/** Answered by the relay, never by the page: data, pictures, sockets, health. A picture that is opened in a tab of its own is a navigation. */
const RELAY_PATHS = /^\/(?:api|healthz|metrics|ws)(?:\/|$)|^\/runs\/[^/]+\/(?:ws|agent)$/;

/** Such as /manifest.webmanifest, looked at by somebody. The name of a run may have a dot as well. */
const FILE_AT_TOP = /^\/(?:icons\/)?[^/]+\.\w+$/;

/**
 * Nothing of the address but its path decides, and nothing of it is ever kept: a token that comes as `?token=` (AC2) reaches neither a
 * cache nor the network.
 *
 * @param files paths of the shell, without the page itself
 */
export function answerFor(
  request: { method: string; mode: string; url: string },
  shell: { origin: string; files: ReadonlySet<string> },
): Answer {
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== shell.origin || RELAY_PATHS.test(pathname)) return NETWORK;
  if (shell.files.has(pathname) || pathname.startsWith("/assets/")) return { kind: "file", path: pathname };
  if (request.mode !== "navigate" || FILE_AT_TOP.test(pathname)) return NETWORK;
  return { kind: "page" };
}

/** What a file of the shell must come as: a relay without that file answers with the page, and a captive portal with anything. */
const MEDIA_TYPES: Record<string, RegExp> = {
  html: /^text\/html\b/,
  js: /^(?:text|application)\/javascript\b/,
  css: /^text\/css\b/,
  svg: /^image\/svg\+xml\b/,
};

/** @returns whether an answer may be kept as the file of that path */
export function isShellFile(
  path: string,
  answer: { ok: boolean; redirected: boolean; type: string; headers: { get(name: string): string | null } },
): boolean {
  const expected = MEDIA_TYPES[path === "/" ? "html" : (path.split(".").at(-1) ?? "")];
  const type = answer.headers.get("content-type") ?? "";
  return answer.ok && !answer.redirected && answer.type === "basic" && (expected?.test(type) ?? true);
}
