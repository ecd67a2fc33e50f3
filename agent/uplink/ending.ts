import { afterClose, closeName, ERRORS, type ErrorCode } from "../../protocol/index.ts";
import { BACKOFF_BASE_MS, backoff, HEALTHY_MS, REFUSED_RETRY_MS } from "./backoff.ts";
import type { Effect, Ending, Producer, Step } from "./producer-types.ts";

/**
 * Refusals of an upgrade after which nobody is asked again: the token was taken away on purpose, perhaps while this agent was offline.
 * Another one of the same secret would undo that.
 */
const FINAL: ReadonlySet<string> = new Set<ErrorCode>(["token_revoked", "run_deleted"]);
/** HTTP statuses that the same attempt will meet again until someone changes a token, an address or a run. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 410, 426]);

/** @returns what follows the end of a connection: when to come back, or that there is no coming back. */
export function afterLink(producer: Producer, ending: Ending, random: number, now: number): Step {
  const { link } = producer;
  if (link.kind === "waiting" || link.kind === "stopped") return { producer, effects: [] };
  const wasLive = link.kind === "live";
  const healthy = link.kind === "live" && now - link.since >= HEALTHY_MS;
  const attempt = healthy ? 0 : producer.attempt;
  const retryAfterMs = Math.max(link.kind === "live" ? link.retryAfterMs : 0, ending.kind === "refused" ? ending.retryAfterMs : 0);
  const wait = (ms: number, refused: boolean, ...effects: Effect[]): Step => {
    const finishing = producer.finishing === "yes" && (refused || !wasLive) ? "failed" : producer.finishing;
    const next: Producer = { ...producer, link: { kind: "waiting", until: now + ms, refused }, attempt: attempt + 1, finishing };
    return { producer: next, effects };
  };
  const again = (...effects: Effect[]) => wait(retryAfterMs + backoff(attempt, random), false, ...effects);
  const refused = (text: string) =>
    wait(REFUSED_RETRY_MS * (0.5 + random / 2), true, warn(`${text}; training goes on, its events are kept`));

  if (ending.kind === "refused") {
    if (ending.code !== null && FINAL.has(ending.code)) return stop(producer, stopText(ending.message));
    if (ending.code === "token_expired" && producer.renewable) return again();
    if (REFUSALS.has(ending.status)) return refused(`the relay refuses this run: ${ending.message} (HTTP ${ending.status})`);
    return again(warn(`the relay answers with HTTP ${ending.status}; training goes on, its events are kept and sent later`));
  }
  if (ending.code === ERRORS.stale_life.close) return again({ type: "begin_life" });
  const name = closeName(ending.code);
  switch (afterClose(ending.code)) {
    case "stop":
      return stop(producer, stopText(name ? ERRORS[name].message : ending.reason || `close code ${ending.code}`));
    case "refresh_token":
      return producer.renewable ? again() : refused("the relay refuses this run: its token has expired");
    case "reconnect_at_once":
      return healthy ? wait(random * BACKOFF_BASE_MS, false) : again();
    case "reconnect":
      return wasLive ? again() : again(warn("the relay does not answer; training goes on, its events are kept and sent later"));
  }
}

function stop(producer: Producer, reason: string): Step {
  return { producer: { ...producer, link: { kind: "stopped", reason } }, effects: [warn(reason)] };
}

function stopText(why: string): string {
  return `the relay ended the connection for good: ${why}; training goes on unwatched, its events are kept`;
}

function warn(text: string): Effect {
  return { type: "say", level: "warning", text };
}
