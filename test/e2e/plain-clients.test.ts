import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { ROOT } from "./support/runcast.ts";

let relay: Relay;
const run = "plain";
let agent: WebSocket;

/** A socket and the messages that have come over it. */
function open(url: string, headers: Record<string, string>): { socket: WebSocket; messages: Record<string, unknown>[] } {
  const socket = new WebSocket(url, { headers });
  const messages: Record<string, unknown>[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data))));
  return { socket, messages };
}

beforeAll(async () => {
  relay = await startRelay({ variables: { RUNCAST_LOG_LEVEL: "debug" } });
  const { socket, messages } = open(`${relay.ws}/runs/${run}/agent`, { Authorization: `Bearer ${await relay.token("agent", run)}` });
  agent = socket;
  await until(() => socket.readyState === WebSocket.OPEN, { what: "the agent's socket" });
  socket.send(JSON.stringify({ type: "hello", protocol: 1, life: "l", next_seq: 1, sent_seq: 0, agent: { name: "t", version: "0" } }));
  await until(() => messages.some((message) => message.type === "ready"), { what: "ready" });
});
afterAll(async () => {
  agent.close();
  await relay.stop();
});

describe("clients written from the documents alone", () => {
  test("VW1 one of ws: connect, welcome, subscribe, ping, unsubscribe, a wrong message, invalid JSON", async () => {
    const token = await relay.token("viewer", run);
    const { socket, messages } = open(`${relay.ws}/runs/${run}/ws?token=${token}`, {});
    const answer = (type: string) => until(() => messages.find((message) => message.type === type), { what: type });
    expect(await answer("welcome")).toHaveProperty("client_id");
    socket.send(JSON.stringify({ type: "subscribe", events: ["log", "training_progress"] }));
    expect(await answer("subscribed")).toMatchObject({ all_subscriptions: ["log", "training_progress"] });
    const events = [{ type: "log", timestamp: "2026-11-01T00:00:00.000Z", level: "info", message: "hello" }];
    agent.send(JSON.stringify({ type: "batch", first_seq: 1, events, flush: true }));
    expect(await answer("log")).toMatchObject({ message: "hello", offset: expect.any(Number) });
    socket.send(JSON.stringify({ type: "ping", timestamp: 42 }));
    expect(await answer("pong")).toMatchObject({ client_timestamp: 42, server_timestamp: expect.any(String) });
    socket.send(JSON.stringify({ type: "unsubscribe", events: ["log"] }));
    expect(await answer("unsubscribed")).toMatchObject({ remaining_subscriptions: ["training_progress"] });
    socket.send(JSON.stringify({ type: "no_such_thing" }));
    expect(await answer("error")).toMatchObject({ code: "unknown_type" });
    socket.send("{ not json");
    await until(() => messages.some((message) => message.code === "invalid_json"), { what: "invalid_json" });
    socket.send('{"type":"keepalive"}');
    expect(await answer("keepalive_ack")).toEqual({ type: "keepalive_ack" });
    socket.close();
  });

  test("AC2 the relay logs a JSON object a line, at the level asked for, and never a token", async () => {
    const token = await relay.token("viewer", run);
    for (const refused of [token.slice(0, -4), `${token}x`, "plainly-wrong"]) await fetch(`${relay.url}/api/runs?token=${refused}`);
    const { socket, messages } = open(`${relay.ws}/runs/${run}/ws?token=${token}`, { Authorization: `Bearer ${token}` });
    await until(() => messages.length > 0, { what: "welcome" });
    socket.send(JSON.stringify({ type: "subscribe", events: [token.slice(0, 60)] }));
    socket.send(JSON.stringify({ type: "refresh", token }));
    await until(() => messages.length > 2, { what: "answers" });
    socket.close();
    await until(() => relay.log.some((line) => line.includes("viewer left")), { what: "the log" });
    const entries = relay.log.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as { level: string; message: string });
    expect(entries.map((entry) => `${entry.level}: ${entry.message}`)).toEqual(
      expect.arrayContaining(["debug: routed", "info: viewer connected"]),
    );
    expect(relay.log.filter((line) => line.includes(token) || line.includes("plainly-wrong"))).toEqual([]);
  });

  test("VW1 one of Python's websockets, with the library's defaults", async () => {
    const python = `${ROOT}python/.venv/bin/python`;
    if (!existsSync(python)) throw new Error("python/.venv is missing: `npm test` makes it before the suites");
    const url = `${relay.ws}/runs/${run}/ws?token=${await relay.token("viewer", run)}`;
    const { stdout } = await promisify(execFile)(python, ["test/e2e/support/plain_client.py", url], { cwd: ROOT });
    expect(stdout.trim().split("\n")).toEqual([
      "welcome",
      "subscribed log",
      "pong 42",
      "unsubscribed []",
      "error unknown_type",
      "error invalid_json",
    ]);
  });
});
