import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Connection, type ConnectOptions, connect } from "../../client/index.ts";
import type { RoomMessage } from "../../protocol/index.ts";
import { until } from "../support/until.ts";
import { LinkBench } from "./link-bench.ts";
import { batchMessage, welcomeMessage } from "./messages.ts";
import { ScriptedRoom } from "./scripted-room.ts";

/** When the room of `messages.ts` speaks, by its own clock. */
const ROOM_NOW = Date.parse("2026-11-23T12:00:00.000Z");
const inMs = (ms: number) => new Date(ROOM_NOW + ms).toISOString();

let room: ScriptedRoom;
let connection: Connection | null = null;
beforeEach(async () => {
  room = await ScriptedRoom.start();
});
afterEach(async () => {
  connection?.close();
  connection = null;
  await room.stop();
});

/** Gives its tokens one after the other, the last one for ever. */
function client(tokens: string[], options: Partial<ConnectOptions> = {}) {
  const given: string[] = [];
  const answers: RoomMessage[] = [];
  const token = async () => {
    const next = tokens[Math.min(given.length, tokens.length - 1)] ?? "";
    given.push(next);
    return next;
  };
  connection = connect({ url: room.url, run: "r1", token, WebSocket, onAnswer: (answer) => answers.push(answer), ...options });
  return { connection, given, answers };
}

/** Times at which the machine asks, in milliseconds after its welcome, while nothing answers. */
function asks(bench: LinkBench, welcomed: number, until_ms: number): number[] {
  const times: number[] = [];
  while (bench.now - welcomed < until_ms) {
    for (const effect of bench.wait()) {
      if (effect.kind === "refresh") times.push(bench.now - welcomed);
      if (effect.kind === "probe") bench.give({ kind: "message", message: { type: "keepalive_ack" }, bytes: 30 });
    }
  }
  return times;
}

test("AC4 a link asks for a newer token a minute before its end, a few times more without an answer, and then no more", () => {
  const bench = new LinkBench();
  bench.message({ expires_at: inMs(3_600_000) });
  expect(asks(bench, bench.now, 3_700_000)).toEqual([3_540_000, 3_588_000, 3_597_600, 3_599_520]);
});

test("AC4 an accepted token moves the next question to its own end; without an end nothing is asked", () => {
  const bench = new LinkBench();
  bench.message({ expires_at: inMs(100_000) });
  const welcomed = bench.now;
  expect(asks(bench, welcomed, 80_000)).toEqual([80_000]);
  bench.give({ kind: "message", message: { type: "refreshed", expires_at: inMs(200_000) }, bytes: 50 });
  expect(asks(bench, welcomed, 176_000)).toEqual([176_000]);
  const endless = new LinkBench();
  endless.message({});
  expect(asks(endless, endless.now, 3_600_000)).toEqual([]);
});

test("AC4 the new token goes over the link that is there, and is the one that the link has from then on", async () => {
  const { connection, given, answers } = client(["a.b.first", "a.b.second", "a.b.third"]);
  const socket = await room.connection();
  socket.send(welcomeMessage({ expires_at: inMs(1000) }));
  expect(await socket.next()).toEqual({ type: "refresh", token: "a.b.second" });
  socket.send({ type: "refreshed", expires_at: inMs(3_600_000) });
  await until(() => answers.length === 1, { what: "the answer" });
  expect(connection.state.kind).toBe("live");
  socket.close(4101);
  const next = await room.connection();
  expect(next.protocols).toContain("bearer.a.b.third");
  expect(given.slice(0, 2)).toEqual(["a.b.first", "a.b.second"]);
});

test("AC4 a refused token leaves the link as it is, is no command's answer, and is not offered twice", async () => {
  const { connection, given } = client(["a.b.first", "a.b.other"]);
  const socket = await room.connection();
  socket.send(welcomeMessage({ expires_at: inMs(1000) }));
  await until(() => connection.state.kind === "live", { what: "the welcome" });
  const command = connection.command({ id: "c1", command: "sample" });
  const said = [await socket.next(), await socket.next()];
  expect(said).toMatchObject([{ type: "command" }, { type: "refresh", token: "a.b.other" }]);
  socket.send({ type: "error", code: "forbidden", message: "a refresh keeps the role" }, welcomeMessage({ expires_at: inMs(1000) }));
  // Asked again, the function gives what was refused.
  await until(() => given.length === 3, { what: "another question" });
  socket.send({ type: "command_ack", id: "c1", state: "queued" }, batchMessage([1], 1));
  expect(await command).toMatchObject({ ok: true, state: "queued" });
  connection.subscribe("log", "metrics");
  expect(await socket.next()).toMatchObject({ type: "subscribe" });
  expect(connection.state.kind).toBe("live");
  expect(room.connections).toBe(1);
});

test("AC4 a token that the room could not look at is offered again, and the failure is no command's answer", async () => {
  const { connection } = client(["a.b.first", "a.b.second"]);
  const socket = await room.connection();
  socket.send(welcomeMessage({ expires_at: inMs(1000) }));
  await until(() => connection.state.kind === "live", { what: "the welcome" });
  const command = connection.command({ id: "c1", command: "sample" });
  expect([await socket.next(), await socket.next()]).toMatchObject([{ type: "command" }, { type: "refresh", token: "a.b.second" }]);
  socket.send({ type: "error", code: "internal", message: "the directory failed" }, welcomeMessage({ expires_at: inMs(1000) }));
  expect(await socket.next()).toEqual({ type: "refresh", token: "a.b.second" });
  socket.send({ type: "refreshed", expires_at: inMs(3_600_000) }, { type: "command_ack", id: "c1", state: "queued" });
  expect(await command).toMatchObject({ ok: true });
});

test("AC4 a fixed token and a function that gives the same again send nothing", async () => {
  for (const token of ["a.b.c", null]) {
    let asked = 0;
    const source = async () => {
      asked += 1;
      return "a.b.c";
    };
    const { connection } = client([], { token: token ?? source });
    const socket = await room.connection();
    socket.send(welcomeMessage({ expires_at: inMs(1100) }));
    await until(() => connection.state.kind === "live", { what: "the welcome" });
    if (token === null) await until(() => asked >= 2, { what: "the question" });
    connection.subscribe("log");
    expect(await socket.next()).toMatchObject({ type: "subscribe" });
    connection.close();
  }
});

test("AC6 a hundred subscriptions of one moment are one message", async () => {
  const { connection } = client(["a.b.c"], { events: [] });
  const socket = await room.connection();
  socket.send(welcomeMessage({}));
  await until(() => connection.state.kind === "live", { what: "the welcome" });
  const names = Array.from({ length: 50 }, (_, index) => `type_${index}`);
  for (const name of names) connection.subscribe(name, "passing");
  connection.unsubscribe("passing");
  expect(await socket.next()).toEqual({ type: "subscribe", events: names });
});
