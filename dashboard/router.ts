import { signal } from "@preact/signals";
import { isRunId } from "../protocol/index.ts";

export type Route = { kind: "runs" } | { kind: "run"; run: string };

/** @returns the page for a path; one that names no page is the list */
export function routeOf(path: string): Route {
  const [first, second, ...rest] = path.split("/").filter((part) => part !== "");
  if (first !== "runs" || second === undefined || rest.length > 0) return { kind: "runs" };
  const run = decode(second);
  return run !== null && isRunId(run) ? { kind: "run", run } : { kind: "runs" };
}

export function runPath(run: string): string {
  return `/runs/${encodeURIComponent(run)}`;
}

export const route = signal<Route>(routeOf(location.pathname));

addEventListener("popstate", () => {
  route.value = routeOf(location.pathname);
});

/** For a link's `onClick`: goes there without loading the page again. Clicks that open another tab stay the browser's. */
export function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (!(event.currentTarget instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  history.pushState(null, "", event.currentTarget.pathname);
  route.value = routeOf(location.pathname);
  scrollTo(0, 0);
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
