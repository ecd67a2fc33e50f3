import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connect, createApi } from "../../client/index.ts";
import type { AnyEvent, Welcome } from "../../protocol/index.ts";
import { Producer } from "../dashboard/producer.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

const line = (number: number): AnyEvent => ({ type: "log", level: "info", message: `line ${number}` });

test("VW3 PR1 through a killed relay and a producer's new life a viewer gets every event once, in order, and no hole", async () => {
  const token = await relay.token("agent", "r1");
  const first = await Producer.connect({ url: relay.url, run: "r1", token });
  await first.send(...[1, 2, 3].map(line));

  const lines: string[] = [];
  const offsets: number[] = [];
  const welcomes: Welcome[] = [];
  const viewer = connect({
    url: relay.url,
    run: "r1",
    token: await relay.token("viewer", "r1"),
    WebSocket,
    onWelcome: (welcome) => welcomes.push(welcome),
    onEvent: (event) => {
      offsets.push(event.offset);
      if (event.type === "log") lines.push(event.message);
    },
  });
  await until(() => lines.length === 3, { what: "the replay" });

  await relay.kill9();
  await until(() => viewer.state.kind === "recovering", { what: "the loss" });
  await relay.restart();
  const second = await Producer.connect({ url: relay.url, run: "r1", token, life: "second" });
  await second.send(...[4, 5].map(line));
  await until(() => lines.length >= 5, { what: "what came after", timeout_ms: 15_000 });
  expect(lines).toEqual([1, 2, 3, 4, 5].map((number) => `line ${number}`));
  expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  expect(new Set(offsets).size).toBe(offsets.length);
  expect(welcomes.map((welcome) => welcome.recovered)).toEqual([false, true]);
  viewer.close();
  await second.close();
});

test("AC1 the HTTP helpers are typed answers: runs, one run, its events in pages, and refusals as values", async () => {
  const producer = await Producer.connect({ url: relay.url, run: "r2", token: await relay.token("agent", "r2") });
  await producer.send(...[1, 2, 3].map(line));
  const api = createApi({ url: relay.ws, token: await relay.token("viewer", "r2") });
  expect(await api.runs()).toMatchObject({ ok: true, value: [{ run: "r2" }] });
  const run = await api.run("r2");
  const last = run.ok ? run.value.last_offset : 0;
  const newest = await api.events("r2", { before: last + 1, limit: 2, events: ["log"] });
  expect(newest).toMatchObject({ ok: true, value: { events: [{ message: "line 2" }, { message: "line 3" }] } });
  const next = newest.ok ? newest.value.next : null;
  expect(await api.events("r2", { before: next ?? 0, events: ["log"] })).toMatchObject({
    ok: true,
    value: { events: [{ message: "line 1" }], next: null },
  });
  expect(await api.samples("r2")).toEqual({ ok: true, value: { samples: [], next: null } });
  expect(await api.run("r1")).toMatchObject({ ok: false, status: 403, code: "forbidden" });
  expect(await createApi({ url: "http://127.0.0.1:1", token: null }).runs()).toMatchObject({ ok: false, code: "unreachable" });
  await producer.close();
});

test.each([
  ["ws", WebSocket],
  ["Node's own", globalThis.WebSocket],
] as const)("AC4 a token that ends in mid-stream is replaced and the run goes on, with the WebSocket of %s", async (name, Socket) => {
  const run = name === "ws" ? "renewed" : "renewed-too";
  const producer = await Producer.connect({ url: relay.url, run, token: await relay.token("agent", run) });
  // The relay forgives 30 seconds: the first token has ended, the second ends in a moment.
  const lifetimes = [-60, -27, -27];
  const lines: string[] = [];
  const welcomes: Welcome[] = [];
  const viewer = connect({
    url: relay.url,
    run,
    token: () => relay.token("viewer", run, { lifetime_s: lifetimes.shift() ?? 3600 }),
    events: ["log"],
    WebSocket: Socket,
    onWelcome: (welcome) => welcomes.push(welcome),
    onEvent: (event) => event.type === "log" && lines.push(event.message),
  });
  await until(() => welcomes.length === 1, { what: "the first welcome" });
  const sent: string[] = [];
  await until(
    async () => {
      sent.push(`line ${sent.length}`);
      await producer.send(line(sent.length - 1));
      return welcomes.length === 2;
    },
    { what: "the second welcome", timeout_ms: 18_000 },
  );
  await until(() => lines.length >= sent.length, { what: "what was sent meanwhile" });
  expect(lines).toEqual(sent);
  expect(welcomes.map((welcome) => welcome.recovered)).toEqual([false, true]);
  viewer.close();
  await producer.close();
});

test("AC4 a watch survives its first token without another connection", async () => {
  const producer = await Producer.connect({ url: relay.url, run: "r4", token: await relay.token("agent", "r4") });
  const tokens: string[] = [];
  const welcomes: Welcome[] = [];
  const refreshed: string[] = [];
  const states: string[] = [];
  const started = Date.now();
  const viewer = connect({
    url: relay.url,
    run: "r4",
    token: async () => {
      tokens.push(await relay.token("viewer", "r4", { lifetime_s: tokens.length === 0 ? 3 : 600, sub: `watch ${tokens.length}` }));
      return tokens.at(-1) ?? null;
    },
    WebSocket,
    onWelcome: (welcome) => welcomes.push(welcome),
    onState: (state) => states.push(state.kind),
    onAnswer: (answer) => {
      if (answer.type === "refreshed") refreshed.push(answer.expires_at);
    },
  });
  await until(() => refreshed.length === 1, { what: "the new token's answer" });
  const firstEnd = Date.parse(welcomes[0]?.expires_at ?? "");
  expect(firstEnd - started).toBeLessThan(120_000);
  expect(Date.parse(refreshed[0] ?? "")).toBeGreaterThan(firstEnd);
  await producer.send(line(1));
  await until(() => viewer.position !== null && Date.now() > started + 4000, { what: "the first token's end" });
  expect(welcomes).toHaveLength(1);
  expect(states).toEqual(["connecting", "live"]);
  viewer.close();
  await producer.close();
});
