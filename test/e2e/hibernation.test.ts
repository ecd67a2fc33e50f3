import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { KEEPALIVE_REPLY, KEEPALIVE_SEND } from "../../protocol/index.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";

/** The runtime takes an object out of memory after ten quiet seconds, and looks now and then. */
const QUIET_MS = 13_000;
const TRIES = 4;

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
});

type Socket = { frames: string[]; send: (message: unknown) => void; sendText: (text: string) => void; open: () => boolean };

async function connect(path: string, role: "agent" | "viewer", protocols: string[]): Promise<Socket> {
  const socket = new WebSocket(relay.ws + path, protocols, { headers: { Authorization: `Bearer ${await relay.token(role, "sleepy")}` } });
  const frames: string[] = [];
  socket.on("message", (frame) => frames.push(String(frame)));
  socket.on("error", (error) => frames.push(`error: ${error.message}`));
  await until(() => socket.readyState === WebSocket.OPEN || frames.length > 0, { what: `${path} to open` });
  return {
    frames,
    send: (message) => socket.send(JSON.stringify(message)),
    sendText: (text) => socket.send(text),
    open: () => socket.readyState === WebSocket.OPEN,
  };
}

/** Since when the room has been in memory, milliseconds since 1970. Asking wakes it. */
async function awakeSince(): Promise<number> {
  const headers = { Authorization: `Bearer ${await relay.token("viewer", "sleepy")}` };
  const status = (await (await fetch(`${relay.url}/api/ws/status`, { headers })).json()) as {
    runs: Record<string, { awake_since: string }>;
  };
  return Date.parse(status.runs.sleepy?.awake_since ?? "");
}

function said(socket: Socket, text: string): boolean {
  return socket.frames.some((frame) => frame.includes(text));
}

const event = (message: string) => ({ type: "log", timestamp: new Date().toISOString(), level: "info", message });

test("VW7 a room with quiet viewers and an agent hibernates, and their keep-alives do not wake it", async () => {
  const agent = await connect("/runs/sleepy/agent", "agent", []);
  agent.send({ type: "hello", protocol: 1, life: "one", next_seq: 1, sent_seq: 0, agent: { name: "test", version: "0" } });
  await until(() => said(agent, '"ready"'), { what: "ready" });
  const batched = await connect("/runs/sleepy/ws", "viewer", ["runcast.v1.json"]);
  const plain = await connect("/runs/sleepy/ws?events=log", "viewer", ["runcast.plain"]);
  const viewers = [batched, plain];
  agent.send({ type: "batch", first_seq: 1, events: [event("before the night")], flush: true });
  await until(() => viewers.every((viewer) => said(viewer, "before the night")), { what: "the first event" });
  const before = await awakeSince();

  // Nobody has anything to say but that it is still there. Were the room awake, or woken by a keep-alive, it would be older than the question.
  let asked = 0;
  let after = before;
  for (let tries = 0; tries < TRIES && (tries === 0 || after < asked); tries++) {
    for (let quiet = 0; quiet < QUIET_MS; quiet += 1000) {
      for (const socket of [agent, ...viewers]) socket.sendText(KEEPALIVE_SEND);
      await delay(1000);
    }
    asked = Date.now();
    after = await awakeSince();
  }
  expect(after).toBeGreaterThanOrEqual(asked);
  for (const socket of [agent, ...viewers]) {
    expect(socket.open()).toBe(true);
    expect(socket.frames.filter((frame) => frame === KEEPALIVE_REPLY).length).toBeGreaterThanOrEqual(QUIET_MS / 1000 - 1);
  }

  agent.send({ type: "batch", first_seq: 2, events: [event("the morning after")], flush: true });
  await until(() => viewers.every((viewer) => said(viewer, "the morning after")), { what: "the next event" });
  expect(JSON.parse(plain.frames.at(-1) ?? "")).toMatchObject({ message: "the morning after", offset: 3 });
  expect(said(batched, '"recovered":true')).toBe(false);
  expect(batched.frames.filter((frame) => frame.includes('"welcome"'))).toHaveLength(1);
}, 120_000);
