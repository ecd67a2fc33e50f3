import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FULL_DISK_RETRY_MS } from "../../../agent/spool/full-disk.ts";
import { BACKOFF_CAP_MS, backoff, HEALTHY_MS } from "../../../agent/uplink/backoff.ts";
import { ANSWER_MS, FLUSH_AFTER_MS, outcome, QUIET_MS, SAME_GAP_MS } from "../../../agent/uplink/producer.ts";
import type { Effect, Ending } from "../../../agent/uplink/producer-types.ts";
import {
  AGENT_BATCH_AIM,
  BATCH_MS_MAX,
  CROWD_BATCH_MS,
  type Demand,
  ERRORS,
  IDLE_BATCH_MS,
  LIVE_BATCH_MS,
} from "../../../protocol/index.ts";
import { add, cut, deliver, feed, newWorld, pass, say, setAside, type World } from "./simulation.ts";

function ended(world: World, ending: Ending, random = 0.5): Effect[] {
  const from = world.effects.length;
  feed(world, { type: "ended", ending, random });
  return world.effects.slice(from);
}

function closed(world: World, code: number, random = 0.5): Effect[] {
  return ended(world, { kind: "closed", code, reason: "" }, random);
}

function liveWorld(): World {
  const world = newWorld();
  pass(world, 0);
  expect(world.producer.link.kind).toBe("live");
  return world;
}

function batches(world: World): Extract<Effect, { type: "batch" }>[] {
  return world.effects.filter((effect) => effect.type === "batch");
}

describe("the producer", () => {
  test("PR1 hello, ready, then batches from the first seq on", () => {
    const world = newWorld();
    for (const event of ["a", "b"]) add(world, event);
    pass(world, 0);
    expect(world.effects.map((effect) => effect.type)).toEqual(["connect", "hello", "live", "batch"]);
    expect(world.inbox).toEqual([{ first: 1, events: ["a", "b"], flush: false }]);
  });

  test("PR5 a lone event goes at once, more of them at most every batch_ms", () => {
    const world = liveWorld();
    pass(world, 1000);
    add(world, "a");
    expect(batches(world)).toHaveLength(1);
    add(world, "b");
    pass(world, 99);
    expect(batches(world)).toHaveLength(1);
    pass(world, 1);
    expect(batches(world)).toHaveLength(2);
  });

  test("PR5 an idle producer sends with flush, and at once when somebody comes to watch", () => {
    const world = liveWorld();
    say(world, { type: "demand", mode: "idle", batch_ms: 15_000 });
    add(world, "a");
    expect(batches(world).at(-1)).toMatchObject({ flush: true });
    add(world, "b");
    pass(world, 5000);
    expect(batches(world)).toHaveLength(1);
    say(world, { type: "demand", mode: "live", batch_ms: 100 });
    expect(batches(world)).toHaveLength(2);
  });

  /** Adds an event every 10 ms for a while. @returns how many batches that made */
  function batchesWhile(world: World, ms: number): number {
    const before = batches(world).length;
    for (let at = 0; at < ms; at += 10) {
      add(world, `event ${world.now}`);
      while (world.inbox.length > 0) deliver(world, true);
      pass(world, 10);
    }
    return batches(world).length - before;
  }

  test.each<[Demand["mode"], number, number, number]>([
    ["live", LIVE_BATCH_MS, 10_000, 100],
    ["crowd", CROWD_BATCH_MS, 10_000, 10],
    ["idle", IDLE_BATCH_MS, 60_000, 4],
  ])("PR5 %s: a batch every %d ms, which holds all that came in between", (mode, batch_ms, ms, most) => {
    const world = liveWorld();
    world.batchEvents = 10_000;
    say(world, { type: "demand", mode, batch_ms });
    const made = batchesWhile(world, ms);
    expect(made).toBeLessThanOrEqual(most + 1);
    expect(made).toBeGreaterThanOrEqual(most - 1);
    expect(batches(world).every(({ flush }) => flush === (mode === "idle"))).toBe(true);
    pass(world, batch_ms);
    while (world.inbox.length > 0) deliver(world, true);
    expect(world.waiting).toEqual([]);
    expect(new Set(world.log).size).toBe(ms / 10);
  });

  test.each<[Demand["mode"], number, number]>([
    ["live", 0, LIVE_BATCH_MS],
    ["live", 3_600_000, CROWD_BATCH_MS],
    ["crowd", 0, CROWD_BATCH_MS],
    ["crowd", 3_600_000, IDLE_BATCH_MS],
    ["idle", 0, CROWD_BATCH_MS],
    ["idle", 3_600_000, BATCH_MS_MAX],
  ])("PR5 a room that asks for %s every %d ms gets it every %d ms", (mode, asked, given) => {
    const world = newWorld();
    world.demand = { mode, batch_ms: asked };
    pass(world, 0);
    expect(world.producer.link).toMatchObject({ kind: "live", demand: { mode, batch_ms: given } });
    say(world, { type: "demand", mode: "live", batch_ms: 100 });
    say(world, { type: "demand", mode, batch_ms: asked });
    expect(world.producer.link).toMatchObject({ demand: { mode, batch_ms: given } });
  });

  test("PR5 a crowd goes while a batch is on its way: what waits goes out at once, once, and live is the rhythm", () => {
    const world = liveWorld();
    say(world, { type: "demand", mode: "crowd", batch_ms: CROWD_BATCH_MS });
    for (const event of ["a", "b"]) add(world, event);
    expect(batches(world)).toHaveLength(1);
    pass(world, 50);
    say(world, { type: "demand", mode: "live", batch_ms: LIVE_BATCH_MS });
    expect(batches(world)).toHaveLength(2);
    add(world, "c");
    expect(batches(world)).toHaveLength(2);
    pass(world, LIVE_BATCH_MS);
    while (world.inbox.length > 0) deliver(world, true);
    expect(world.log).toEqual(["a", "b", "c"]);
    expect(world.effects.filter(({ type }) => type === "drop")).toEqual([]);
  });

  test("PR5 nobody watches any more: what is on its way is acknowledged all the same, what follows waits", () => {
    const world = liveWorld();
    add(world, "a");
    say(world, { type: "demand", mode: "idle", batch_ms: IDLE_BATCH_MS });
    add(world, "b");
    pass(world, IDLE_BATCH_MS - 1);
    expect(batches(world)).toHaveLength(1);
    pass(world, 1);
    expect(batches(world).at(-1)).toMatchObject({ from: 2, flush: true });
  });

  test("PR4 a full disk gives no seqs: it asks now and then, and goes on by itself", () => {
    const world = liveWorld();
    world.full = true;
    for (const event of ["a", "b"]) add(world, event);
    const asked = batches(world).length;
    pass(world, 10 * FULL_DISK_RETRY_MS);
    expect(batches(world).length - asked).toBeLessThanOrEqual(10);
    expect(world.inbox).toEqual([]);
    world.full = false;
    pass(world, FULL_DISK_RETRY_MS);
    expect(world.inbox.flatMap(({ events }) => events)).toEqual(["a", "b"]);
  });

  test("PR4 at the end of a run a full disk is waited for too", () => {
    const world = liveWorld();
    say(world, { type: "demand", mode: "idle", batch_ms: IDLE_BATCH_MS });
    world.full = true;
    add(world, "a");
    feed(world, { type: "finish" });
    expect(outcome(world.producer)).toBe("open");
    world.full = false;
    pass(world, FULL_DISK_RETRY_MS);
    deliver(world, true);
    expect(outcome(world.producer)).toBe("done");
  });

  test("PR4 a spool that lost its file: the room is greeted again, with the new life", () => {
    const world = liveWorld();
    add(world, "a");
    setAside(world);
    expect(world.effects.at(-1)).toEqual({ type: "drop" });
    add(world, "b");
    pass(world, 0);
    expect(world.effects.filter(({ type }) => type === "hello")).toHaveLength(2);
    deliver(world, true);
    expect(world.log).toEqual(["b"]);
  });

  test("PR2 all batches behind a gap ask for the same, and it is sent once", () => {
    const world = liveWorld();
    for (const event of ["a", "b", "c", "d"]) {
      add(world, event);
      pass(world, 100);
    }
    world.inbox.shift();
    const before = batches(world).length;
    for (let n = 0; n < 3; n += 1) deliver(world, false);
    expect(batches(world).length - before).toBeLessThanOrEqual(2);
    while (world.inbox.length > 0) deliver(world, true);
    expect(world.log).toEqual(["a", "b", "c", "d"]);
  });

  test("PR2 a gap whose answer is lost too is answered again", () => {
    const world = liveWorld();
    for (const event of ["a", "b"]) {
      add(world, event);
      pass(world, 100);
    }
    world.inbox.shift();
    deliver(world, false);
    world.inbox = [];
    pass(world, SAME_GAP_MS);
    for (let n = 0; n < 20 && outcome(world.producer) !== "done"; n += 1) {
      deliver(world, true);
      pass(world, SAME_GAP_MS);
    }
    expect(world.log).toEqual(["a", "b"]);
  });

  test("PR3 the last event is sent again with flush when nothing follows it", () => {
    const world = liveWorld();
    add(world, "a");
    deliver(world, false);
    pass(world, FLUSH_AFTER_MS);
    expect(batches(world).at(-1)).toMatchObject({ from: 1, events: 1, flush: true });
    deliver(world, false);
    expect(world.log).toEqual(["a"]);
    expect(outcome(world.producer)).toBe("done");
    pass(world, 10 * FLUSH_AFTER_MS);
    expect(batches(world)).toHaveLength(2);
  });

  test("PR2 after a gap it goes on from what the room expects", () => {
    const world = liveWorld();
    for (const event of ["a", "b", "c"]) {
      add(world, event);
      pass(world, 100);
    }
    world.inbox.shift();
    deliver(world, false);
    expect(batches(world).at(-1)).toMatchObject({ from: 1 });
    for (let n = 0; n < 5; n += 1) deliver(world, true);
    expect(world.log).toEqual(["a", "b", "c"]);
  });

  test("PR2 a gap before what was acknowledged begins a new life", () => {
    const world = liveWorld();
    add(world, "a");
    deliver(world, true);
    say(world, { type: "error", code: "sequence_gap", message: "", expected: 1 });
    expect(world.lives).toBe(2);
    expect(world.producer.link.kind).toBe("waiting");
  });

  test("PR2 an event that the room refuses is replaced, and it goes on from there", () => {
    const world = liveWorld();
    for (const event of ["a", "bad"]) add(world, event);
    pass(world, 100);
    deliver(world, true);
    world.inbox = [];
    say(world, { type: "error", code: "invalid_message", message: "not like that", seq: 2 });
    expect(world.effects).toContainEqual({ type: "replace", seq: 2, why: "not like that" });
    expect(batches(world).at(-1)).toMatchObject({ from: 2 });
    const before = world.effects.length;
    say(world, { type: "error", code: "invalid_message", message: "said of an event that is stored", seq: 1 });
    expect(world.effects.slice(before).map(({ type }) => type)).not.toContain("replace");
  });

  test("PR4 what is in flight is bounded: a room that says nothing gets no more", () => {
    const world = liveWorld();
    const big = { last: 1, bytes: 2 * AGENT_BATCH_AIM, flush: false };
    feed(world, { type: "sent", batch: big, life: "life 1", acked: 0, sent: 1, waiting: 1 });
    feed(world, { type: "sent", batch: { ...big, last: 2 }, life: "life 1", acked: 0, sent: 2, waiting: 1 });
    const before = batches(world).length;
    pass(world, 10_000);
    expect(batches(world)).toHaveLength(before);
  });

  test("PR1 a half-open link is noticed: first it asks, then it makes a new one", () => {
    const world = liveWorld();
    pass(world, QUIET_MS);
    expect(world.effects.at(-1)).toEqual({ type: "ping" });
    pass(world, ANSWER_MS);
    expect(world.effects.map((effect) => effect.type).slice(-4)).toContain("drop");
  });

  test("PR1 an answer to its question keeps the link", () => {
    const world = liveWorld();
    pass(world, QUIET_MS);
    say(world, { type: "pong", client_timestamp: 0, server_timestamp: "" });
    pass(world, ANSWER_MS);
    expect(world.effects.map((effect) => effect.type)).not.toContain("drop");
  });

  test("PR2 another producer took over: it stops for good, and says so", () => {
    const world = liveWorld();
    const effects = closed(world, 4105);
    expect(effects).toMatchObject([{ type: "say", text: expect.stringContaining("another producer took over") }]);
    pass(world, 3_600_000);
    expect(world.producer.link.kind).toBe("stopped");
  });

  test.each(Object.entries(ERRORS).filter(([, { close }]) => close !== null))(
    "VW8 after close %s it does what the table says",
    (name, entry) => {
      const world = liveWorld();
      closed(world, Number(entry.close));
      const { link } = world.producer;
      const comesBack = (entry.close ?? 0) < 4100 && entry.close !== 1009;
      if (name === "stale_life") {
        expect(world.lives).toBe(2);
        expect(link.kind).toBe("waiting");
      } else if (name === "token_expired") expect(link.kind).toBe("waiting");
      else expect(link.kind).toBe(comesBack ? "waiting" : "stopped");
    },
  );

  test("AC6 after rate_limited it waits as long as it was told", () => {
    const world = liveWorld();
    say(world, { type: "error", code: "rate_limited", message: "", retry_after_ms: 7000 });
    closed(world, 4029, 0);
    expect(world.producer.link).toMatchObject({ kind: "waiting", until: world.now + 7000 });
  });

  test("AC1 a refusal is said once, and asked about again only rarely", () => {
    const world = newWorld();
    feed(world, { type: "tick" });
    world.producer = { ...world.producer, link: { kind: "connecting", since: 0 } };
    const effects = ended(world, {
      kind: "refused",
      status: 401,
      code: "unauthorized",
      message: "a valid token is needed",
      retryAfterMs: 0,
    });
    expect(effects).toMatchObject([{ type: "say", text: expect.stringContaining("a valid token is needed") }]);
    expect(world.producer.link).toMatchObject({ kind: "waiting", refused: true });
    const { link } = world.producer;
    expect(link.kind === "waiting" && link.until).toBeGreaterThan(60_000);
  });

  test.each([
    { code: "token_revoked", status: 401, after: "stopped" },
    { code: "run_deleted", status: 410, after: "stopped" },
    { code: "token_expired", status: 401, after: "waiting" },
    { code: "unauthorized", status: 401, after: "waiting" },
    { code: "limit_reached", status: 429, after: "waiting" },
    { code: null, status: 401, after: "waiting" },
  ])("AC4 an upgrade that is refused with $status $code leaves the link $after", ({ code, status, after }) => {
    const world = newWorld();
    feed(world, { type: "tick" });
    world.producer = { ...world.producer, link: { kind: "connecting", since: 0 } };
    const effects = ended(world, { kind: "refused", status, code, message: "the reason", retryAfterMs: 0 });
    expect(world.producer.link.kind).toBe(after);
    // This agent can make itself another token: nobody has to hear of one that has ended.
    expect(effects).toHaveLength(code === "token_expired" ? 0 : 1);
    if (after === "stopped")
      expect(effects).toMatchObject([{ type: "say", text: expect.stringContaining("the reason; training goes on unwatched") }]);
  });

  test("PR1 the wait doubles with full jitter up to its cap, and begins again only after a healthy time", () => {
    for (const attempt of [0, 1, 5, 50]) {
      expect(backoff(attempt, 0)).toBe(0);
      expect(backoff(attempt, 0.999)).toBeLessThanOrEqual(BACKOFF_CAP_MS);
    }
    expect(backoff(3, 0.5)).toBe(2 * backoff(2, 0.5));
    const world = liveWorld();
    closed(world, 1006, 0);
    pass(world, 0);
    closed(world, 1006, 0);
    expect(world.producer.attempt).toBe(2);
    pass(world, 0);
    pass(world, HEALTHY_MS / 2);
    say(world, { type: "pong", client_timestamp: 0, server_timestamp: "" });
    pass(world, HEALTHY_MS / 2);
    closed(world, 1006, 0);
    expect(world.producer.attempt).toBe(1);
  });

  test("PR4 at the end it gives up where no connection can be made, and waits where there is one", () => {
    const offline = newWorld();
    offline.online = false;
    add(offline, "a");
    pass(offline, 0);
    feed(offline, { type: "finish" });
    expect(outcome(offline.producer)).toBe("given_up");
    const online = liveWorld();
    add(online, "a");
    feed(online, { type: "finish" });
    expect(outcome(online.producer)).toBe("open");
    while (online.inbox.length > 0) deliver(online, false);
    expect(outcome(online.producer)).toBe("done");
  });

  test("PR2 PR4 whatever is cut, crashed and delayed, every event is in the log once and in order", () => {
    const action = fc.oneof(
      { weight: 5, arbitrary: fc.constant("add" as const) },
      { weight: 4, arbitrary: fc.constant("deliver" as const) },
      { weight: 2, arbitrary: fc.constant("store" as const) },
      { weight: 1, arbitrary: fc.constant("cut" as const) },
      { weight: 1, arbitrary: fc.constant("crash" as const) },
      { weight: 1, arbitrary: fc.constant("lose" as const) },
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 3000 }) },
    );
    const property = fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const world = newWorld();
      const all: string[] = [];
      for (const what of actions) {
        if (typeof what === "number") pass(world, what);
        else if (what === "add") {
          all.push(`event ${all.length + 1}`);
          add(world, all.at(-1) ?? "");
        } else if (what === "deliver" || what === "store") deliver(world, what === "store");
        else if (what === "lose") world.inbox.shift();
        else cut(world, what === "crash");
      }
      feed(world, { type: "finish" });
      for (let n = 0; n < 2000 && outcome(world.producer) !== "done"; n += 1) {
        deliver(world, true);
        pass(world, 1000);
      }
      expect(world.log).toEqual(all);
      expect(world.lives).toBe(1);
    });
    fc.assert(property, { numRuns: 300 });
  });
});
