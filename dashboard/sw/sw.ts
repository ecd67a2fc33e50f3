/**
 * The service worker: keeps the page's own files, so that it starts at once and without a connection, and nothing else. Each version has
 * a cache of its own, filled when that version is installed; no answer to anything that the page asks is ever put into one.
 */
import { type Answer, answerFor, isShellFile } from "./answers.ts";

declare const self: ServiceWorkerGlobalScope;
/** Written by the build. `page`: where index.html is served; `entry`: the script that this version's page names. */
declare const SHELL: { version: string; page: string; entry: string; files: readonly string[] };

const PREFIX = "runcast-shell-";
const CACHE = PREFIX + SHELL.version;
const KNOWN = { origin: self.location.origin, files: new Set(SHELL.files) };
/** This version's and the one before: a page that was opened with that one may still ask for its files. */
const VERSIONS_KEPT = 2;

self.addEventListener("install", (event) => {
  // The page that is open keeps its files; whichever is opened next has this version's.
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(removeOld().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const answer = answerFor(event.request, KNOWN);
  if (answer.kind !== "network") event.respondWith(respond(answer, event));
});

/** Shows the run that a notification is about: in the page that is open, or in a new one. */
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { path } = event.notification.data as { path: string };
  event.waitUntil(show(path));
});

async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all([SHELL.page, ...SHELL.files].map((path) => keep(cache, path)));
}

async function keep(cache: Cache, path: string): Promise<void> {
  const answer = await fetch(path, { cache: path.startsWith("/assets/") ? "default" : "no-cache" });
  if (!isShellFile(path, answer)) throw new Error(`${path} did not come as a file of the page`);
  // The relay may have been updated between this script and its page: that version has a script of its own, which comes with the next visit.
  if (path === SHELL.page && !(await answer.clone().text()).includes(SHELL.entry)) throw new Error("the page is of another version");
  await cache.put(path, answer);
}

async function removeOld(): Promise<void> {
  // In the order in which they were made.
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(names.slice(0, Math.max(0, names.length - (VERSIONS_KEPT - 1))).map((name) => caches.delete(name)));
}

async function respond(answer: Exclude<Answer, { kind: "network" }>, event: FetchEvent): Promise<Response> {
  const path = answer.kind === "page" ? SHELL.page : answer.path;
  const own = await (await caches.open(CACHE)).match(path, { ignoreVary: true });
  const kept = own ?? (answer.kind === "file" ? await caches.match(path, { ignoreVary: true }) : undefined);
  if (kept) return kept;
  // Signed out, or the browser wanted its space back: the next time it is there again.
  if (path === SHELL.page || KNOWN.files.has(path)) event.waitUntil(fill().catch(() => undefined));
  // Not the request's own address, which may carry a token.
  return answer.kind === "page" ? fetch(SHELL.page, { cache: "no-cache" }) : fetch(event.request);
}

async function show(path: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window" });
  const open = pages.find((page) => new URL(page.url).pathname === path);
  if (open) await open.focus();
  else await self.clients.openWindow(path);
}
