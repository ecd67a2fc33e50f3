import type { LinkState } from "../../client/index.ts";
import { isOver } from "./progress.ts";
import type { RunView } from "./run-view.ts";

/**
 * Whether figures on the page are of now. `stale`: they are of `since`, and whose link is at fault. `final`: the run has ended, and they
 * will not change.
 */
export type Freshness = { kind: "live" } | { kind: "stale"; since: number; fault: "viewer" | "agent" } | { kind: "final" };

/** @param localTime turns a timestamp into this machine's milliseconds */
export function freshnessOf(view: RunView, link: LinkState, localTime: (timestamp: string) => number): Freshness {
  if (isOver(view)) return { kind: "final" };
  if (link.kind !== "live") return { kind: "stale", since: link.since, fault: "viewer" };
  const { agent } = view;
  if (agent === null || agent.connected) return { kind: "live" };
  return { kind: "stale", since: localTime(agent.last_heard ?? agent.since ?? ""), fault: "agent" };
}
