import { AGENT_GONE_MS, AGENT_SILENT_MS } from "../../../protocol/index.ts";

/** What the room knows of the agent's socket when its alarm fires. Times are milliseconds since 1970. */
export type LinkView =
  | { kind: "open"; last_heard: number }
  /** `noticed_at` is when the room woke where it was away when the socket went: the agent gets its time to return from there. */
  | { kind: "gone"; since: number; noticed_at: number; reason: string };

export type LinkVerdict = { kind: "wait"; until: number } | { kind: "offline"; since: number; reason: string } | { kind: "nothing" };

/**
 * The alarm's decision: whether the agent is offline by now, or when to look again. One alarm that re-arms itself, not one an event.
 * @param reported whether the run's newest `agent_status` says connected
 */
export function judgeLink(view: LinkView, reported: boolean, now: number): LinkVerdict {
  if (!reported) return view.kind === "open" ? { kind: "wait", until: now + AGENT_SILENT_MS } : { kind: "nothing" };
  if (view.kind === "gone") {
    const until = view.noticed_at + AGENT_GONE_MS;
    if (now < until) return { kind: "wait", until };
    return { kind: "offline", since: view.since, reason: view.reason };
  }
  const until = view.last_heard + AGENT_SILENT_MS;
  if (now < until) return { kind: "wait", until };
  return { kind: "offline", since: view.last_heard, reason: "nothing was heard from the agent" };
}
