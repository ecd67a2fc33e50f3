import { newProducer, step, wakeAt } from "../../../agent/uplink/producer.ts";
import type { Effect, Input, Producer } from "../../../agent/uplink/producer-types.ts";
import type { Demand, RoomToAgent } from "../../../protocol/index.ts";

/**
 * A producer machine with a spool and a room that are arrays, on a clock that only the test moves. Frames are delivered when the test says so,
 * or get lost when it cuts the line.
 */
export type World = {
  now: number;
  producer: Producer;
  /** The spool: `events[seq - 1]` were sent, `waiting` were not. */
  sent: string[];
  acked: number;
  waiting: string[];
  lives: number;
  /** The room: what it has, how much of it is stored, and what it was sent and has not looked at. */
  log: string[];
  stored: number;
  base: number;
  inbox: Frame[];
  online: boolean;
  /** Most events of a batch: few, so that one backlog is many batches. */
  batchEvents: number;
  /** What the room asks for when it is greeted. */
  demand: Pick<Demand, "mode" | "batch_ms">;
  /** The spool's disk is full: no event gets a seq. */
  full: boolean;
  effects: Effect[];
};

type Frame = { first: number; events: string[]; flush: boolean };

export function newWorld(): World {
  return {
    now: 0,
    producer: newProducer({ life: "life 1", acked: 0, sent: 0, waiting: 0 }, true, 0),
    sent: [],
    acked: 0,
    waiting: [],
    lives: 1,
    log: [],
    stored: 0,
    base: 0,
    inbox: [],
    online: true,
    batchEvents: 3,
    demand: { mode: "live", batch_ms: 100 },
    full: false,
    effects: [],
  };
}

export function feed(world: World, first: Input): void {
  const inputs = [first];
  for (let input = inputs.shift(); input; input = inputs.shift()) {
    const next = step(world.producer, input, world.now);
    world.producer = next.producer;
    for (const effect of next.effects) {
      world.effects.push(effect);
      inputs.push(...perform(world, effect));
    }
  }
}

function figures(world: World) {
  return { life: `life ${world.lives}`, acked: world.acked, sent: world.sent.length, waiting: world.waiting.length };
}

function perform(world: World, effect: Effect): Input[] {
  switch (effect.type) {
    case "connect":
      return world.online ? [{ type: "opened" }] : [cutEnding()];
    case "hello":
      // The room keeps what it stored; a tail that only its memory held died with the last connection.
      return [{ type: "message", message: { type: "ready", life: "x", last_seq: world.stored - world.base, demand: world.demand } }];
    case "batch":
      return [sendBatch(world, effect)];
    case "acknowledged":
      world.acked = Math.max(world.acked, effect.seq);
      return [{ type: "figures", ...figures(world) }];
    case "begin_life":
      world.waiting = [...world.sent.slice(world.acked), ...world.waiting];
      world.sent = [];
      world.acked = 0;
      world.lives += 1;
      return [{ type: "figures", ...figures(world) }];
    case "drop":
      world.inbox = [];
      return [cutEnding()];
    default:
      return [];
  }
}

function cutEnding(): Input {
  return { type: "ended", ending: { kind: "closed", code: 1006, reason: "" }, random: 0.5 };
}

function sendBatch(world: World, { from, events, flush }: Extract<Effect, { type: "batch" }>): Input {
  const limit = Math.min(events, world.batchEvents);
  const again = world.sent.slice(from - 1, from - 1 + limit);
  const batch = again.length > 0 ? again : world.waiting.splice(0, world.full ? 0 : limit);
  if (again.length === 0) world.sent.push(...batch);
  if (batch.length > 0) world.inbox.push({ first: from, events: batch, flush });
  const told = batch.length > 0 ? { last: from + batch.length - 1, bytes: 100 * batch.length, flush } : null;
  return { type: "sent", batch: told, ...figures(world) };
}

/** An event happens on the machine. */
export function add(world: World, event: string): void {
  world.waiting.push(event);
  feed(world, { type: "figures", ...figures(world) });
}

/** The spool's file was lost: another one, and another life, took its place. */
export function setAside(world: World): void {
  world.waiting = [];
  world.sent = [];
  world.acked = 0;
  world.lives += 1;
  world.base = world.log.length;
  world.stored = world.log.length;
  feed(world, { type: "figures", ...figures(world) });
}

/** The room looks at one frame. @param store whether it writes its tail to disk with it */
export function deliver(world: World, store: boolean): void {
  const frame = world.inbox.shift();
  if (!frame) return;
  const last = world.log.length - world.base;
  if (frame.first > last + 1) {
    say(world, { type: "error", code: "sequence_gap", message: "", expected: last + 1 });
    return;
  }
  world.log.push(...frame.events.slice(last + 1 - frame.first));
  if (!store && !frame.flush) return;
  world.stored = world.log.length;
  say(world, { type: "ack", seq: world.stored - world.base });
}

export function say(world: World, message: RoomToAgent): void {
  feed(world, { type: "message", message });
}

/** The connection is gone; what was on its way is lost, and with a crash what the room had not stored. */
export function cut(world: World, crash: boolean): void {
  world.inbox = [];
  if (crash) world.log.length = world.stored;
  else world.stored = world.log.length;
  feed(world, cutEnding());
}

/** Time passes; the machine wakes when it wants to. */
export function pass(world: World, ms: number): void {
  const end = world.now + ms;
  for (let at = wakeAt(world.producer); at !== null && at <= end; at = wakeAt(world.producer)) {
    const before = JSON.stringify(world.producer);
    world.now = Math.max(world.now, at);
    feed(world, { type: "tick" });
    if (JSON.stringify(world.producer) === before) break;
  }
  world.now = end;
}
