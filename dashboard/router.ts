import { signal } from "@preact/signals";
import { isRunId } from "../protocol/index.ts";

/** `search`: the query, which says what of the list is wanted, or what is compared. */
export type Route = { kind: "runs"; search: string } | { kind: "run"; run: string } | { kind: "compare"; search: string };

/** @returns the page for a path, with its query where it has one; one that names no page is the list */
export function routeOf(address: string): Route {
  const [path = "", search = ""] = address.split("?", 2);
  const [first, second, ...rest] = path.split("/").filter((part) => part !== "");
  if (first === "compare" && second === undefined) return { kind: "compare", search };
  if (first !== "runs" || second === undefined || rest.length > 0) return { kind: "runs", search };
  const run = decode(second);
  return run !== null && isRunId(run) ? { kind: "run", run } : { kind: "runs", search };
}

export function runPath(run: string): string {
  return `/runs/${encodeURIComponent(run)}`;
}

const here = () => routeOf(location.pathname + location.search);

export const route = signal<Route>(here());

addEventListener("popstate", () => {
  route.value = here();
});

/** The page's own state in its address. @param how whether "back" leads to what was there before */
export function setAddress(path: string, how: "push" | "replace"): void {
  if (how === "push") history.pushState(null, "", path);
  else history.replaceState(null, "", path);
  route.value = here();
}

/** For a link's `onClick`: goes there without loading the page again. Clicks that open another tab stay the browser's. */
export function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (!(event.currentTarget instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  setAddress(event.currentTarget.pathname + event.currentTarget.search, "push");
  scrollTo(0, 0);
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
