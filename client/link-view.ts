import type { Link } from "./link-types.ts";
import { type LinkState, OFFLINE_AFTER_MS } from "./state.ts";

/** @returns when the next `tick` is due, or null. */
export function dueAt(link: Link, now: number): number | null {
  const { phase, away } = link;
  // A loss becomes "offline" once: a moment that has passed is not waited for again.
  const offline = away === null ? 0 : away.since + OFFLINE_AFTER_MS;
  const offlineAt = offline > now ? offline : Number.POSITIVE_INFINITY;
  switch (phase.kind) {
    case "opening":
    case "renewing":
      return Math.min(phase.deadline, offlineAt);
    case "waiting":
      return Math.min(phase.retry_at, offlineAt);
    case "live":
      return Math.min(phase.dead_at ?? phase.heard + phase.keepalive.every_ms, phase.token_end?.ask_at ?? Number.POSITIVE_INFINITY);
    case "asking":
    case "unread":
      return Number.isFinite(offlineAt) ? offlineAt : null;
    case "closed":
      return null;
  }
}

/** @returns the link as it is told to its user. */
export function linkState(link: Link, now: number): LinkState {
  const { phase, away, attempt } = link;
  if (phase.kind === "closed") return phase;
  if (phase.kind === "live" || away === null) return { kind: "live", since: phase.kind === "live" ? phase.since : now };
  const { since, reason } = away;
  if (now - since >= OFFLINE_AFTER_MS) {
    return { kind: "offline", since, attempt, retry_at: phase.kind === "waiting" ? phase.retry_at : null, reason };
  }
  return away.was_live ? { kind: "recovering", since, attempt, reason } : { kind: "connecting", since, attempt };
}
