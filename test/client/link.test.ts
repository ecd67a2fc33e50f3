import { expect, test } from "vitest";
import type { Input } from "../../client/link-types.ts";
import { dueAt } from "../../client/link-view.ts";
import { LinkBench as Bench } from "./link-bench.ts";

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
  expect(expired.give({ kind: "token", answer: "fresh" })).toMatchObject([{ kind: "open" }]);
  expired.give({ kind: "socket_closed", code: 4101, reason: "" });
  expired.give({ kind: "token", answer: "same" });
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

test("VW9 waits grow while tries fail, and a short-lived link does not make them start anew", () => {
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
  expect(phase.kind === "waiting" && phase.retry_at - bench.now).toBeLessThanOrEqual(1000);
});

test("HL1 a blink is called recovering, a longer loss offline, since the moment of the loss", () => {
  const bench = new Bench();
  bench.message({});
  bench.give(cut, 20_000);
  const lostAt = bench.now;
  bench.wait();
  bench.give(cut, 9000);
  bench.give({ kind: "verdict", verdict: { kind: "retry", reason: { code: "unreachable", message: "" }, after_ms: 0 } });
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

test("VW8 AC4 new tokens that do not last are not asked for in a loop, and whoever gives none for now is asked again", () => {
  const bench = new Bench();
  bench.message({});
  bench.give({ kind: "socket_closed", code: 4101, reason: "" });
  expect(bench.give({ kind: "token", answer: "fresh" })).toMatchObject([{ kind: "open" }]);
  bench.give({ kind: "socket_closed", code: 4101, reason: "" });
  expect(bench.give({ kind: "token", answer: "fresh" })).toEqual([]);
  expect(bench.wait()).toMatchObject([{ kind: "open" }]);
  bench.give({ kind: "token", answer: "unavailable" });
  expect(bench.state).toMatchObject({ kind: "recovering", reason: { code: "token_unavailable" } });
  expect(bench.wait()).toMatchObject([{ kind: "open" }]);
  bench.give({ kind: "socket_closed", code: 4101, reason: "" });
  while (bench.link.phase.kind === "renewing") expect(bench.wait()).toEqual([]);
  expect(bench.link.phase.kind).toBe("waiting");
  expect(bench.state).toMatchObject({ reason: { code: "token_unavailable" } });
});

test("VW9 the patience that the relay asked for ends with that wait, and a woken page does not shorten it", () => {
  const bench = new Bench();
  bench.message({});
  bench.give({ kind: "message", message: { type: "error", code: "rate_limited", message: "slow down", retry_after_ms: 7000 }, bytes: 80 });
  bench.give({ kind: "socket_closed", code: 4029, reason: "" });
  expect(bench.give({ kind: "check" }, 6999)).toEqual([]);
  expect(bench.give({ kind: "check" }, 1)).toMatchObject([{ kind: "open" }]);
  bench.message({});
  bench.give({ kind: "message", message: { type: "error", code: "rate_limited", message: "slow down", retry_after_ms: 7000 }, bytes: 80 });
  bench.give(cut);
  expect((dueAt(bench.link, bench.now) ?? 0) - bench.now).toBeLessThan(7000);
});

test("VW6 while the reader is behind nothing is acknowledged, and a lost link is made anew only once it has read", () => {
  const bench = new Bench();
  bench.message({ ack_every_bytes: 1000 });
  bench.give({ kind: "reader", behind: true });
  expect(bench.message("batch", 1, 2000)).toMatchObject([{ kind: "deliver" }]);
  expect(bench.message("batch", 2, 2000)).toMatchObject([{ kind: "deliver" }]);
  expect(bench.give({ kind: "reader", behind: false })).toEqual([{ kind: "ack", through: 2 }]);
  expect(bench.message("batch", 3, 999)).toMatchObject([{ kind: "deliver" }]);
  bench.give({ kind: "reader", behind: true });
  bench.give({ kind: "socket_closed", code: 4008, reason: "" });
  expect(bench.wait()).toEqual([]);
  expect(bench.state).toMatchObject({ kind: "recovering", reason: { code: "slow" } });
  bench.wait();
  expect(bench.state).toMatchObject({ kind: "offline", reason: { code: "slow" } });
  expect(dueAt(bench.link, bench.now)).toBeNull();
  expect(bench.give({ kind: "reader", behind: false })).toEqual([{ kind: "open", since: "L1:3" }]);
});
