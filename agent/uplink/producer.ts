import { AGENT_BATCH_AIM, BATCH_EVENTS_MAX, IDLE_BATCH_MS, type RoomToAgent } from "../../protocol/index.ts";
import { FULL_DISK_RETRY_MS } from "../spool/full-disk.ts";
import { BACKOFF_BASE_MS } from "./backoff.ts";
import { afterLink } from "./ending.ts";
import type { Effect, Figures, Input, Link, Live, Producer, Step } from "./producer-types.ts";
import { rhythmOf } from "./rhythm.ts";

/**
 * The producer's side of the agent protocol as a pure machine: `step(producer, input, now)` gives the next state and what is to
 * be done. It knows no socket, no clock and no disk. Times are milliseconds; seqs are those of the spool's present life.
 */

/** Unacknowledged bytes in flight: four batches hide the round trip, and bound what a stalled socket may queue. */
const WINDOW_BYTES = 4 * AGENT_BATCH_AIM;
const CONNECT_TIMEOUT_MS = 15_000;
const GREETING_TIMEOUT_MS = 10_000;
/** Nothing heard for this long: ask; still nothing: the link is half open, and a new one is made. */
export const QUIET_MS = 20_000;
export const ANSWER_MS = 15_000;
/** PR3: the room stores a waiting tail when a batch comes; if none comes, the last event is sent again with `flush` after this long. */
export const FLUSH_AFTER_MS = 1000;
/** Each batch behind a gap is answered with the same error: what it asks for was sent already, unless this has passed. */
export const SAME_GAP_MS = 1000;

export function newProducer(figures: Figures, renewable: boolean, now: number): Producer {
  return { ...figures, link: { kind: "waiting", until: now, refused: false }, attempt: 0, renewable, finishing: "no" };
}

/** @returns when `tick` is next wanted, or null for never. */
export function wakeAt({ link, ...producer }: Producer): number | null {
  switch (link.kind) {
    case "waiting":
      return link.until;
    case "connecting":
      return link.since + CONNECT_TIMEOUT_MS;
    case "greeting":
      return link.since + GREETING_TIMEOUT_MS;
    case "live": {
      const asked = link.pingedAt > link.heardAt;
      const times = [asked ? link.pingedAt + ANSWER_MS : link.heardAt + QUIET_MS];
      if (producer.waiting > 0 && !windowFull(link)) {
        times.push(Math.max(producer.finishing === "no" ? link.batchAt + link.demand.batch_ms : 0, link.blockedUntil));
      }
      if (wantsFlush(producer, link)) times.push(link.batchAt + FLUSH_AFTER_MS);
      return Math.min(...times);
    }
    case "stopped":
      return null;
  }
}

/** Whether the run's end is told: `done`, or `given_up` when nobody can be told, or still `open`. */
export function outcome(producer: Producer): "done" | "given_up" | "open" {
  if (producer.waiting === 0 && producer.acked >= producer.sent) return "done";
  if (producer.link.kind === "stopped" || producer.finishing === "failed") return "given_up";
  return "open";
}

export function step(producer: Producer, input: Input, now: number): Step {
  switch (input.type) {
    case "tick":
      return tick(producer, now);
    case "opened":
      return producer.link.kind === "connecting"
        ? { producer: { ...producer, link: { kind: "greeting", since: now } }, effects: [{ type: "hello" }] }
        : same(producer);
    case "heard":
      return same(producer.link.kind === "live" ? withLive(producer, producer.link, { heardAt: now }) : producer);
    case "message":
      return message(producer, input.message, now);
    case "ended":
      return afterLink(producer, input.ending, input.random, now);
    case "figures":
      return figures(producer, input, now);
    case "sent":
      return sent(producer, input, now);
    case "hurry":
      return producer.link.kind === "live" ? pace(withLive(producer, producer.link, { urgent: true }), now) : same(producer);
    case "finish":
      return finish(producer, now);
  }
}

function tick(producer: Producer, now: number): Step {
  const { link } = producer;
  const due = wakeAt(producer);
  if (due === null || now < due) return same(producer);
  switch (link.kind) {
    case "waiting":
      return { producer: { ...producer, link: { kind: "connecting", since: now } }, effects: [{ type: "connect" }] };
    case "connecting":
    case "greeting":
      return { producer, effects: [{ type: "drop" }] };
    case "live": {
      const asked = link.pingedAt > link.heardAt;
      if (asked && now >= link.pingedAt + ANSWER_MS) return { producer, effects: [{ type: "drop" }] };
      if (!asked && now >= link.heardAt + QUIET_MS) {
        const paced = pace(withLive(producer, link, { pingedAt: now }), now);
        return { ...paced, effects: [{ type: "ping" }, ...paced.effects] };
      }
      return pace(producer, now);
    }
    case "stopped":
      return same(producer);
  }
}

function message(producer: Producer, from: RoomToAgent, now: number): Step {
  if (producer.link.kind === "greeting" && from.type === "ready") return ready(producer, from, now);
  if (producer.link.kind === "greeting" && from.type === "error" && from.code === "stale_life") return staleLife(producer, from);
  if (producer.link.kind !== "live") return same(producer);
  const link: Live & { kind: "live" } = { ...producer.link, heardAt: now };
  const heard = { ...producer, link };
  switch (from.type) {
    case "ack":
      return acknowledged(heard, link, from.seq, now);
    case "demand": {
      const demand = rhythmOf(from);
      const livelier = demand.batch_ms < link.demand.batch_ms;
      return pace(withLive(heard, link, { demand, urgent: link.urgent || livelier }), now);
    }
    case "command":
      return { producer: heard, effects: [{ type: "command", command: from }] };
    case "error":
      return roomError(heard, link, from, now);
    case "ready":
    case "pong":
      return same(heard);
  }
}

function ready(producer: Producer, from: Extract<RoomToAgent, { type: "ready" }>, now: number): Step {
  const effects: Effect[] = [{ type: "live" }];
  const known = Math.max(from.last_seq, producer.acked);
  let { acked, sent: newest } = producer;
  if (known > newest) effects.push({ type: "skip_to", seq: known });
  else if (known > acked) effects.push({ type: "acknowledged", seq: known });
  acked = known;
  newest = Math.max(newest, known);
  const link: Link = {
    kind: "live",
    since: now,
    cursor: known + 1,
    demand: rhythmOf(from.demand),
    inFlight: [],
    batchAt: now - IDLE_BATCH_MS,
    flushed: false,
    urgent: true,
    blockedUntil: 0,
    rewound: { to: 0, at: 0 },
    heardAt: now,
    pingedAt: 0,
    retryAfterMs: 0,
  };
  const paced = pace({ ...producer, acked, sent: newest, link }, now);
  return { producer: paced.producer, effects: [...effects, ...paced.effects] };
}

/** The close that follows begins a new life: what the room stored of the old one is not to be sent again in it. */
function staleLife(producer: Producer, { last_seq = 0 }: Extract<RoomToAgent, { type: "error" }>): Step {
  if (last_seq <= producer.acked) return same(producer);
  return { producer: { ...producer, acked: Math.min(last_seq, producer.sent) }, effects: [{ type: "acknowledged", seq: last_seq }] };
}

function acknowledged(producer: Producer, link: Live, seq: number, now: number): Step {
  if (seq <= producer.acked || seq > producer.sent) return same(producer);
  const inFlight = link.inFlight.filter((batch) => batch.last > seq);
  const paced = pace(withLive({ ...producer, acked: seq }, link, { inFlight, cursor: Math.max(link.cursor, seq + 1) }), now);
  return { producer: paced.producer, effects: [{ type: "acknowledged", seq }, ...paced.effects] };
}

function roomError(producer: Producer, link: Live, from: Extract<RoomToAgent, { type: "error" }>, now: number): Step {
  if (from.code === "sequence_gap" && from.expected !== undefined) {
    // What the room wants next was acknowledged, so it is not here any more: only a new numbering can go on.
    if (from.expected <= producer.acked || from.expected > producer.sent + 1) {
      const waiting: Link = { kind: "waiting", until: now + BACKOFF_BASE_MS, refused: false };
      return {
        producer: { ...producer, link: waiting, attempt: producer.attempt + 1 },
        effects: [{ type: "drop" }, { type: "begin_life" }],
      };
    }
    const { to, at } = link.rewound;
    return from.expected === to && now < at + SAME_GAP_MS ? same(producer) : pace(rewind(producer, link, from.expected, now), now);
  }
  if (from.seq !== undefined && from.seq > producer.acked && from.seq <= producer.sent) {
    const paced = pace(rewind(producer, link, from.seq, now), now);
    return { producer: paced.producer, effects: [{ type: "replace", seq: from.seq, why: from.message }, ...paced.effects] };
  }
  const noted = withLive(producer, link, { retryAfterMs: from.retry_after_ms ?? 0 });
  return { producer: noted, effects: [{ type: "say", level: "debug", text: `the relay says ${from.code}: ${from.message}` }] };
}

/** Goes on from a seq that was sent: whatever is in flight from there on is not taken. */
function rewind(producer: Producer, link: Live, to: number, now: number): Producer {
  return withLive(producer, link, { cursor: to, inFlight: [], rewound: { to, at: now } });
}

/** A life that the room was not greeted with can only be told by a new connection. */
function figures(producer: Producer, { life, acked, sent, waiting }: Figures, now: number): Step {
  const counted: Producer = { ...producer, life, acked, sent, waiting };
  const { link } = producer;
  if (life === producer.life || (link.kind !== "greeting" && link.kind !== "live")) return pace(counted, now);
  return { producer: { ...counted, link: { kind: "waiting", until: now, refused: false } }, effects: [{ type: "drop" }] };
}

function sent(producer: Producer, input: Extract<Input, { type: "sent" }>, now: number): Step {
  const counted: Producer = { ...producer, acked: input.acked, sent: input.sent, waiting: input.waiting };
  const { link } = producer;
  if (input.life !== producer.life) return figures(producer, input, now);
  if (link.kind !== "live") return same(counted);
  if (input.batch === null) {
    const blockedUntil = input.waiting > 0 ? now + FULL_DISK_RETRY_MS : 0;
    return same(withLive(counted, link, { cursor: Math.max(link.cursor, input.sent + 1), urgent: false, blockedUntil }));
  }
  const { last, bytes, flush } = input.batch;
  const cursor = Math.max(link.cursor, last + 1);
  const inFlight = last >= link.cursor ? [...link.inFlight, { last, bytes }] : link.inFlight;
  return pace(withLive(counted, link, { cursor, inFlight, batchAt: now, flushed: flush, urgent: input.waiting > 0 }), now);
}

function finish(producer: Producer, now: number): Step {
  const finishing: Producer = { ...producer, finishing: "yes" };
  const { link } = producer;
  if (link.kind === "waiting" && link.refused) return same({ ...finishing, finishing: "failed" });
  if (link.kind === "waiting") return tick({ ...finishing, link: { ...link, until: now } }, now);
  return link.kind === "live" ? pace(withLive(finishing, link, { urgent: true }), now) : same(finishing);
}

/** Sends what is due: at most one batch, whose `sent` brings the next. */
function pace(producer: Producer, now: number): Step {
  const { link } = producer;
  if (link.kind !== "live") return same(producer);
  const again = link.cursor <= producer.sent;
  const urgent = link.urgent || producer.finishing !== "no";
  const due = now >= link.blockedUntil && (urgent || now >= link.batchAt + link.demand.batch_ms);
  const fresh = producer.waiting > 0 && due;
  if ((again || fresh) && !windowFull(link)) {
    const fillsWindow = bytesInFlight(link) + AGENT_BATCH_AIM >= WINDOW_BYTES;
    const flush = link.demand.mode === "idle" || producer.finishing !== "no" || fillsWindow;
    return { producer, effects: [{ type: "batch", from: link.cursor, bytes: AGENT_BATCH_AIM, events: BATCH_EVENTS_MAX, flush }] };
  }
  const nudge = wantsFlush(producer, link) && (producer.finishing !== "no" || now >= link.batchAt + FLUSH_AFTER_MS);
  return nudge ? { producer, effects: [{ type: "batch", from: producer.sent, bytes: 1, events: 1, flush: true }] } : same(producer);
}

/** The room may hold a tail that no later batch will push into its store. */
function wantsFlush(producer: Figures, link: Live): boolean {
  return producer.waiting === 0 && link.cursor > producer.sent && producer.acked < producer.sent && !link.flushed;
}

function bytesInFlight(link: Live): number {
  return link.inFlight.reduce((sum, batch) => sum + batch.bytes, 0);
}

function windowFull(link: Live): boolean {
  return bytesInFlight(link) >= WINDOW_BYTES;
}

function withLive(producer: Producer, link: Live, change: Partial<Live>): Producer {
  return { ...producer, link: { ...link, ...change, kind: "live" } };
}

function same(producer: Producer): Step {
  return { producer, effects: [] };
}
