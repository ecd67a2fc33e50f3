import { afterClose, type Batch, closeName, ERRORS, type RoomMessage, type Welcome } from "../protocol/index.ts";
import { backoff, HEALTHY_MS, patience } from "./backoff.ts";
import { afterBatch, afterRenumbering, afterWelcome, type Delivery, NOTHING_DELIVERED, sincePosition } from "./delivery.ts";
import type { Effect, Input, Instant, Link, Live, Phase, Step } from "./link-types.ts";
import { askAt, tokenEnd } from "./refresh.ts";
import type { Reason } from "./state.ts";
import type { Verdict } from "./verdict.ts";

/**
 * A viewer's link as a pure machine: `advance` takes a state and an input and gives the next state and what is to be done. It reads
 * no clock, draws no random number and holds no socket.
 */

/** From asking for a socket to the welcome. */
const OPENING_MS = 15_000;
/** For whoever gives a new token. */
const RENEWING_MS = 15_000;
/** From a keep-alive to its answer: a phone on a poor network takes seconds, not tens of them. */
const PROBE_MS = 8000;
const CHECK_MS = 4000;
/** A link that was heard this recently needs no check. */
const HEARD_RECENTLY_MS = 2000;
const NO_TOKEN: Reason = { code: "token_unavailable", message: "whoever gives the token did not answer" };

/** @param delivery a position to go on from, as an earlier connection left it */
export function startLink(now: number, replaying: boolean, delivery: Delivery = NOTHING_DELIVERED): Step {
  const reason: Reason = { code: "connection_lost", message: "not connected yet" };
  const away = { since: now, was_live: false, reason };
  return open({ phase: { kind: "unread" }, delivery, replaying, attempt: 0, away, behind: false }, now);
}

/** @param instant the time, and a number in [0, 1) for the jitter */
export function advance(link: Link, input: Input, instant: Instant): Step {
  if (link.phase.kind === "closed") return { link, effects: [] };
  switch (input.kind) {
    case "message":
      return onMessage(link, input.message, input.bytes, instant);
    case "socket_closed":
      return onSocketClosed(link, link.phase, input, instant);
    case "verdict":
      return onVerdict(link, input.verdict, instant);
    case "token":
      return onToken(link, input.answer, instant);
    case "reader":
      return onReader({ ...link, behind: input.behind }, link.phase, instant.now);
    case "held":
      return { link: link.phase.kind === "live" ? { ...link, phase: { ...link.phase, held_ack: input.through } } : link, effects: [] };
    case "tick":
      return onTick(link, link.phase, instant);
    case "check":
      return onCheck(link, link.phase, instant.now);
    case "close":
      return close(link, { code: "closed_by_user", message: "closed" }, instant.now);
  }
}

function onMessage(link: Link, message: RoomMessage | null, bytes: number, instant: Instant): Step {
  const { now } = instant;
  if (message === null) return lose(link, tableReason("protocol_error"), instant, [{ kind: "abandon" }]);
  if (message.type === "welcome") return onWelcome(link, message, now);
  if (link.phase.kind !== "live") return { link, effects: [] };
  const heard: Live = { ...link.phase, heard: now, dead_at: null, unacked_bytes: link.phase.unacked_bytes + bytes };
  const next: Link = { ...link, phase: heard };
  switch (message.type) {
    case "batch":
      return onBatch(next, heard, message, bytes);
    case "renumbered":
      return { link: { ...next, delivery: afterRenumbering(link.delivery, message) }, effects: [] };
    case "keepalive_ack":
      return { link: next, effects: [] };
    case "error":
      return {
        link: { ...next, phase: { ...heard, retry_after_ms: message.retry_after_ms ?? heard.retry_after_ms } },
        effects: [{ kind: "answer", message }],
      };
    case "refreshed":
      return {
        link: { ...next, phase: { ...heard, token_end: tokenEnd(now, message.expires_at, heard.token_end?.ahead_ms ?? 0) } },
        effects: [{ kind: "answer", message }],
      };
    case "subscribed":
    case "unsubscribed":
    case "pong":
    case "command_ack":
      return { link: next, effects: [{ kind: "answer", message }] };
  }
}

function onWelcome(link: Link, welcome: Welcome, now: number): Step {
  const phase: Live = {
    kind: "live",
    since: link.phase.kind === "live" ? link.phase.since : now,
    heard: now,
    dead_at: null,
    keepalive: welcome.keepalive,
    ack_every_bytes: welcome.limits.ack_every_bytes,
    unacked_bytes: 0,
    held_ack: null,
    retry_after_ms: 0,
    token_end: tokenEnd(now, welcome.expires_at, now - Date.parse(welcome.timestamp)),
  };
  const delivery = afterWelcome(link.delivery, welcome, link.replaying);
  return { link: { ...link, phase, delivery, away: null }, effects: [{ kind: "welcome", welcome }] };
}

function onBatch(link: Link, live: Live, batch: Batch, bytes: number): Step {
  const { delivery, events } = afterBatch(link.delivery, batch);
  const effects: Effect[] = events.length > 0 ? [{ kind: "deliver", events, bytes }] : [];
  if (live.unacked_bytes < live.ack_every_bytes) return { link: { ...link, delivery }, effects };
  // What a reader has not read must not be told to the room as read: it would send more, without bound.
  if (link.behind) return { link: { ...link, delivery, phase: { ...live, held_ack: batch.through } }, effects };
  effects.push({ kind: "ack", through: batch.through });
  return { link: { ...link, delivery, phase: { ...live, unacked_bytes: 0, held_ack: null } }, effects };
}

function onReader(link: Link, phase: Phase, now: number): Step {
  if (link.behind) return { link, effects: [] };
  if (phase.kind === "unread") return open(link, now);
  if (phase.kind !== "live" || phase.held_ack === null) return { link, effects: [] };
  const effects: Effect[] = [{ kind: "ack", through: phase.held_ack }];
  return { link: { ...link, phase: { ...phase, unacked_bytes: 0, held_ack: null } }, effects };
}

function onSocketClosed(link: Link, phase: Phase, closed: { code: number; reason: string }, instant: Instant): Step {
  const reason = closeReason(closed.code, closed.reason);
  // Before its welcome a socket that breaks was most likely refused, and does not say why.
  if (phase.kind === "opening" && closeName(closed.code) === null) {
    return { link: { ...link, phase: { kind: "asking" } }, effects: [{ kind: "explain" }] };
  }
  switch (afterClose(closed.code)) {
    case "stop":
      return close(link, reason, instant.now);
    case "refresh_token":
      return renew(link, reason, instant.now);
    case "reconnect_at_once":
      // Only for a connection that has carried something: another one would come straight back here.
      return phase.kind === "live" && instant.now - phase.since >= HEALTHY_MS
        ? open(leave(link, reason, instant.now), instant.now)
        : lose(link, reason, instant);
    case "reconnect":
      return lose(link, reason, instant, [], closed.code === ERRORS.rate_limited.close && phase.kind === "live" ? phase.retry_after_ms : 0);
  }
}

/** The first new token after a healthy link is tried at once; one that does not last is no better than a failed try. */
function onToken(link: Link, answer: "fresh" | "same" | "unavailable", instant: Instant): Step {
  switch (answer) {
    case "fresh":
      return link.attempt === 0 ? open({ ...link, attempt: 1 }, instant.now) : lose(link, awayReason(link), instant);
    case "same":
      return close(link, awayReason(link), instant.now);
    case "unavailable":
      return lose(link, NO_TOKEN, instant);
  }
}

function onVerdict(link: Link, verdict: Verdict, instant: Instant): Step {
  switch (verdict.kind) {
    case "stop":
      return close(link, verdict.reason, instant.now);
    case "new_token":
      return renew(link, verdict.reason, instant.now);
    case "retry":
      return lose(link, verdict.reason, instant, [], verdict.after_ms);
  }
}

function onTick(link: Link, phase: Phase, instant: Instant): Step {
  const { now } = instant;
  if (phase.kind === "waiting" && now >= phase.retry_at) return open(link, now);
  if (phase.kind === "opening" && now >= phase.deadline) {
    return lose(link, { code: "unreachable", message: "the relay did not answer in time" }, instant, [{ kind: "abandon" }]);
  }
  if (phase.kind === "renewing" && now >= phase.deadline) return lose(link, NO_TOKEN, instant);
  if (phase.kind !== "live") return { link, effects: [] };
  if (phase.dead_at !== null && now >= phase.dead_at) {
    return lose(link, { code: "dead_link", message: "the relay fell silent" }, instant, [{ kind: "abandon" }]);
  }
  if (phase.token_end !== null && phase.token_end.ask_at !== null && now >= phase.token_end.ask_at) {
    // Whatever comes of it: the next time is set, so that no answer and an answer that is good for nothing are the same.
    const token_end = { ...phase.token_end, ask_at: askAt(now, phase.token_end.ends_at) };
    return { link: { ...link, phase: { ...phase, token_end } }, effects: [{ kind: "refresh" }] };
  }
  return now >= phase.heard + phase.keepalive.every_ms && phase.dead_at === null
    ? probe(link, phase, now + PROBE_MS)
    : { link, effects: [] };
}

function onCheck(link: Link, phase: Phase, now: number): Step {
  if (phase.kind === "waiting" && now >= phase.patient_until) return open(link, now);
  if (phase.kind !== "live" || now - phase.heard < HEARD_RECENTLY_MS) return { link, effects: [] };
  return probe(link, phase, now + CHECK_MS);
}

function probe(link: Link, live: Live, deadAt: number): Step {
  if (live.dead_at !== null) return { link: { ...link, phase: { ...live, dead_at: Math.min(live.dead_at, deadAt) } }, effects: [] };
  return { link: { ...link, phase: { ...live, dead_at: deadAt } }, effects: [{ kind: "probe", text: live.keepalive.send }] };
}

function open(link: Link, now: number): Step {
  if (link.behind) return { link: { ...link, phase: { kind: "unread" } }, effects: [] };
  const next: Link = { ...link, phase: { kind: "opening", deadline: now + OPENING_MS } };
  return { link: next, effects: [{ kind: "open", since: sincePosition(link.delivery) }] };
}

/** The link is gone, and comes back after a while. @param told_ms what the relay asked for */
function lose(link: Link, reason: Reason, instant: Instant, effects: Effect[] = [], told_ms = 0): Step {
  const { now, random } = instant;
  const next = leave(link, reason, now);
  const retry_at = now + backoff(next.attempt, random, told_ms);
  return {
    link: { ...next, attempt: next.attempt + 1, phase: { kind: "waiting", retry_at, patient_until: now + patience(told_ms) } },
    effects,
  };
}

/** Notes since when the link is gone; a link that was healthy starts the count of tries anew. */
function leave(link: Link, reason: Reason, now: number): Link {
  const { phase, away } = link;
  if (phase.kind !== "live") return { ...link, away: away === null ? null : { ...away, reason } };
  const healthy = now - phase.since >= HEALTHY_MS;
  return { ...link, attempt: healthy ? 0 : link.attempt, away: { since: now, was_live: true, reason } };
}

function renew(link: Link, reason: Reason, now: number): Step {
  return { link: { ...leave(link, reason, now), phase: { kind: "renewing", deadline: now + RENEWING_MS } }, effects: [{ kind: "renew" }] };
}

function close(link: Link, reason: Reason, now: number): Step {
  return { link: { ...link, phase: { kind: "closed", since: now, reason } }, effects: [{ kind: "abandon" }] };
}

function closeReason(code: number, said: string): Reason {
  const name = closeName(code);
  if (name !== null) return { code: name, message: said === "" ? ERRORS[name].message : said };
  return { code: "connection_lost", message: said === "" ? `the connection broke (${code})` : said };
}

function awayReason(link: Link): Reason {
  return link.away?.reason ?? tableReason("token_expired");
}

function tableReason(code: keyof typeof ERRORS): Reason {
  return { code, message: ERRORS[code].message };
}
