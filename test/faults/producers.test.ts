import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { startBurst } from "./support/burst-process.ts";
import { markText } from "./support/ledger.ts";
import { startProxy } from "./support/proxy.ts";
import { connectionsOf, healed, judge, seat } from "./support/scene.ts";
import { newestOf } from "./support/viewers.ts";
import { startWire } from "./support/wire.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

/** A producer that says what it likes, whatever it is answered. */
async function rawProducer(at: string, run: string, life: string) {
  const token = await relay.token("agent", run);
  const socket = new WebSocket(`${at.replace(/^http/, "ws")}/runs/${run}/agent`, { headers: { authorization: `Bearer ${token}` } });
  const answers: { type: string; code?: string; seq?: number }[] = [];
  const closes: number[] = [];
  socket.on("message", (data) => answers.push(JSON.parse(String(data))));
  socket.on("close", (code) => closes.push(code));
  socket.on("error", () => undefined);
  await once(socket, "open");
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  const answered = (type: string) => until(() => answers.find((answer) => answer.type === type), { what: type });
  return {
    answers,
    closes,
    answered,
    hello: (sent: number) =>
      send({ type: "hello", protocol: 1, life, next_seq: sent + 1, sent_seq: sent, agent: { name: "raw", version: "0" } }),
    batch: (stream: string, first: number, last: number) => {
      const timestamp = new Date().toISOString();
      const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      const events = numbers.map((n) => ({ type: "log", timestamp, level: "info", message: markText(stream, n) }));
      send({ type: "batch", first_seq: first, flush: true, events });
    },
  };
}

describe.concurrent("two producers of one run", () => {
  test("PR2 the second takes over, the first does not come back, and what it could not tell arrives once when it is let in again", async () => {
    const run = "two";
    const wire = await startWire(relay.ws);
    const first = await startBurst(relay, run, { stream: "first", at: wire.url });
    const viewers = await seat(relay, run);
    first.produce();
    await until(() => viewers.every((viewer) => newestOf(viewer, "first") > 300), { what: "events of the first" });
    // From here on the first one is not told what is stored.
    wire.down = ({ type, text }, pass) => {
      if (type !== "ack") pass(text);
    };
    const from = first.produced();
    await until(() => viewers.every((viewer) => newestOf(viewer, "first") > from + 50), { what: "events without an ack" });
    const fault = performance.now();
    const second = await startBurst(relay, run, { stream: "second" });
    second.produce();
    const heal_ms = await healed(viewers, fault, "second", 1);
    await until(() => first.said.length > 0, { what: "words of the first" });
    expect(first.said).toEqual([expect.stringContaining("another producer took over")]);
    const unacked = first.produced() - first.figures().acked;
    await until(() => second.produced() > 300, { what: "events of the second" });
    expect(wire.connections()).toBe(1);
    expect((await connectionsOf(relay, run)).agent).toBe(1);
    await first.kill9();
    const ofSecond = await second.finish();

    // Somebody starts the first one again: its life was superseded, it begins another one.
    wire.down = ({ text }, pass) => pass(text);
    await first.again();
    const ofFirst = await first.finish();
    const note = `${unacked} events of the first were unacknowledged`;
    await judge({ fault: "two producers", relay, run, produced: { ...ofFirst, ...ofSecond }, viewers, heal_ms, note });
  });

  test("PR2 one that wakes up after another took over changes nothing, on its old socket or on a new one", async () => {
    const run = "zombie";
    const proxy = await startProxy(relay.url);
    const zombie = await rawProducer(proxy.url, run, "old");
    zombie.hello(0);
    await zombie.answered("ready");
    const viewers = await seat(relay, run);
    zombie.batch("zombie", 1, 10);
    await until(() => viewers.every((viewer) => newestOf(viewer, "zombie") === 10), { what: "its first events" });
    proxy.hold();
    // Whatever seq the room wants next from the other producer, it is among these.
    zombie.batch("zombie", 11, 5000);
    const fault = performance.now();
    const burst = await startBurst(relay, run);
    burst.produce();
    const heal_ms = await healed(viewers, fault, "main", 100);
    proxy.release();
    await until(() => zombie.closes.length > 0, { what: "the end of the old connection" });
    expect(zombie.closes).toEqual([4105]);
    expect(zombie.answers.filter(({ type }) => type === "ack").map(({ seq }) => seq)).toEqual([10]);

    const again = await rawProducer(relay.url, run, "old");
    again.hello(10);
    again.batch("zombie", 11, 20);
    await until(() => again.closes.length > 0, { what: "the end of the new connection" });
    expect(again.closes).toEqual([4106]);
    const now = burst.produced();
    await until(() => viewers.every((viewer) => newestOf(viewer, "main") > now), { what: "later events" });
    expect(viewers.map((viewer) => newestOf(viewer, "zombie"))).toEqual([10, 10, 10]);
    const produced = { zombie: 10, ...(await burst.finish()) };
    await judge({ fault: "zombie producer", relay, run, produced, viewers, heal_ms, note: "refused: 4990 events, and its old life" });
  });
});
