import { expect, test } from "vitest";
import { advance, startLink } from "../../client/link.ts";
import type { Effect, Input, Link } from "../../client/link-types.ts";
import { dueAt, linkState } from "../../client/link-view.ts";
import { batchMessage, welcomeMessage } from "./messages.ts";

/** A link with a clock that the test moves. */
class Bench {
  now = 1_000_000;
  random = 0.5;
  link: Link;
  effects: Effect[];

  constructor(replaying = true) {
    const begun = startLink(this.now, replaying);
    this.link = begun.link;
    this.effects = begun.effects;
  }

  give(input: Input, afterMs = 0): Effect[] {
    this.now += afterMs;
    const step = advance(this.link, input, { now: this.now, random: this.random });
    this.link = step.link;
    this.effects = step.effects;
    return step.effects;
  }

  /** Moves the clock to the next moment that the machine asked for. */
  wait(): Effect[] {
    const due = dueAt(this.link, this.now);
    if (due === null) throw new Error("nothing is due");
    return this.give({ kind: "tick" }, due - this.now);
  }

  message(message: Parameters<typeof welcomeMessage>[0] | "batch", through = 0, bytes = 100): Effect[] {
    const full = message === "batch" ? batchMessage([through], through) : welcomeMessage(message);
    return this.give({ kind: "message", message: full, bytes });
  }

  get state() {
    return linkState(this.link, this.now);
  }
}

const cut: Input = { kind: "socket_closed", code: 1006, reason: "" };

test("VW3 a cut link comes back with its position, and what it held stays delivered once", () => {
  const bench = new Bench();
  expect(bench.effects).toEqual([{ kind: "open", since: null }]);
  bench.message({ last_offset: 2 });
  bench.message("batch", 2);
  bench.give(cut);
  expect(bench.state.kind).toBe("recovering");
  expect(bench.wait()).toEqual([{ kind: "open", since: "L1:2" }]);
  bench.message({ last_offset: 4, recovered: true });
  expect(bench.message("batch", 2)).toEqual([]);
  expect(bench.message("batch", 3)).toMatchObject([{ kind: "deliver", events: [{ offset: 3 }] }]);
});

test("VW6 an ack goes out once the limit of the welcome has been received, not before", () => {
  const bench = new Bench();
  bench.message({ ack_every_bytes: 1000 });
  expect(bench.message("batch", 1, 600).filter((effect) => effect.kind === "ack")).toEqual([]);
  expect(bench.message("batch", 2, 600)).toContainEqual({ kind: "ack", through: 2 });
  expect(bench.message("batch", 3, 600).filter((effect) => effect.kind === "ack")).toEqual([]);
});

test("VW7 a quiet link is asked with the welcome's own text, and counts as dead when nothing comes back", () => {
  const bench = new Bench();
  bench.message({});
  expect(bench.wait()).toEqual([{ kind: "probe", text: '{"type":"keepalive"}' }]);
  bench.give({ kind: "message", message: { type: "keepalive_ack" }, bytes: 30 }, 100);
  expect(bench.wait()).toMatchObject([{ kind: "probe" }]);
  expect(bench.wait()).toEqual([{ kind: "abandon" }]);
  expect(bench.state).toMatchObject({ kind: "recovering", reason: { code: "dead_link" } });
});

test("VW8 close codes of the 4100s end the connection, 4101 asks for a new token, the others come back", () => {
  for (const code of [4100, 4102, 4103, 4104, 4107, 1009]) {
    const bench = new Bench();
    bench.message({});
    expect(bench.give({ kind: "socket_closed", code, reason: "" })).toEqual([{ kind: "abandon" }]);
    expect(bench.state.kind).toBe("closed");
  }
  for (const code of [4000, 4008, 1001, 1006, 1012]) {
    const bench = new Bench();
    bench.message({});
    bench.give({ kind: "socket_closed", code, reason: "" });
    expect(bench.state.kind).toBe("recovering");
  }
  const expired = new Bench();
  expired.message({});
  expect(expired.give({ kind: "socket_closed", code: 4101, reason: "" })).toEqual([{ kind: "renew" }]);
  expect(expired.give({ kind: "token", fresh: true })).toMatchObject([{ kind: "open" }]);
  expired.give({ kind: "socket_closed", code: 4101, reason: "" });
  expired.give({ kind: "token", fresh: false });
  expect(expired.state).toMatchObject({ kind: "closed", reason: { code: "token_expired" } });
});

test("VW8 a recycled link comes back at once, but not one that carried nothing", () => {
  const healthy = new Bench();
  healthy.message({});
  expect(healthy.give({ kind: "socket_closed", code: 4001, reason: "" }, 60_000)).toMatchObject([{ kind: "open" }]);
  const young = new Bench();
  young.message({});
  expect(young.give({ kind: "socket_closed", code: 4001, reason: "" }, 10)).toEqual([]);
});

test("VW8 a rate-limited link waits at least as long as it was told", () => {
  const bench = new Bench();
  bench.message({});
  bench.give({ kind: "message", message: { type: "error", code: "rate_limited", message: "slow down", retry_after_ms: 7000 }, bytes: 80 });
  bench.give({ kind: "socket_closed", code: 4029, reason: "" });
  expect((dueAt(bench.link, bench.now) ?? 0) - bench.now).toBeGreaterThanOrEqual(7000);
});

test("VW3 a refused upgrade is asked about before anything else, and ends only where trying again is useless", () => {
  const bench = new Bench();
  expect(bench.give(cut)).toEqual([{ kind: "explain" }]);
  bench.give({ kind: "verdict", verdict: { kind: "retry", reason: { code: "unreachable", message: "" }, after_ms: 0 } });
  expect(bench.state.kind).toBe("connecting");
  bench.wait();
  bench.give(cut);
  bench.give({ kind: "verdict", verdict: { kind: "stop", reason: { code: "forbidden", message: "no" } } });
  expect(bench.state).toMatchObject({ kind: "closed", reason: { code: "forbidden" } });
  expect(dueAt(bench.link, bench.now)).toBeNull();
});

test("VW3 waits grow while tries fail, and a short-lived link does not make them start anew", () => {
  const bench = new Bench();
  bench.random = 0.999;
  const waits: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    bench.message({});
    bench.give(cut, 50);
    const phase = bench.link.phase;
    waits.push(phase.kind === "waiting" ? phase.retry_at - bench.now : 0);
    while (bench.link.phase.kind === "waiting") bench.wait();
  }
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
  bench.message({});
  bench.give(cut, 60_000);
  const phase = bench.link.phase;
  expect(phase.kind === "waiting" && phase.retry_at - bench.now).toBeLessThanOrEqual(500);
});

test("HL1 a blink is called recovering, a longer loss offline, since the moment of the loss", () => {
  const bench = new Bench();
  bench.message({});
  bench.give(cut, 20_000);
  const lostAt = bench.now;
  bench.wait();
  bench.give(cut, 9000);
  bench.give({ kind: "verdict", verdict: { kind: "retry", reason: { code: "unreachable", message: "" }, after_ms: 60_000 } });
  expect(bench.state.kind).toBe("recovering");
  bench.wait();
  expect(bench.state).toMatchObject({ kind: "offline", since: lostAt, reason: { code: "unreachable" } });
  expect(bench.give({ kind: "check" })).toMatchObject([{ kind: "open" }]);
});

test("VW2 a frame that cannot be read is never skipped: the link begins again from its position", () => {
  const bench = new Bench();
  bench.message({ last_offset: 1 });
  bench.message("batch", 1);
  expect(bench.give({ kind: "message", message: null, bytes: 10 })).toEqual([{ kind: "abandon" }]);
  expect(bench.wait()).toEqual([{ kind: "open", since: "L1:1" }]);
});

test("VW3 a link that has long been offline asks for no moment that has passed", () => {
  const bench = new Bench();
  bench.message({});
  bench.give(cut);
  for (let round = 0; round < 20; round += 1) {
    bench.random = 0.999;
    bench.wait();
    if (bench.link.phase.kind === "opening") bench.give(cut, 15_000);
    bench.give({ kind: "verdict", verdict: { kind: "retry", reason: { code: "unreachable", message: "" }, after_ms: 0 } });
    expect(dueAt(bench.link, bench.now)).toBeGreaterThan(bench.now);
  }
});
