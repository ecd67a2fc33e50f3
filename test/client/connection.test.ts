import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { type Connection, type ConnectOptions, connect, type LinkState, type RunEvent, rememberIn } from "../../client/index.ts";
import type { StoredEvent, Welcome } from "../../protocol/index.ts";
import { until } from "../support/until.ts";
import { batchMessage, welcomeMessage } from "./messages.ts";
import { type RoomSocket, ScriptedRoom } from "./scripted-room.ts";

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

/** A client of the room, with everything that it was told. */
function client(options: Partial<ConnectOptions> = {}) {
  const events: RunEvent[] = [];
  const others: StoredEvent[] = [];
  const states: LinkState[] = [];
  const welcomes: Welcome[] = [];
  connection = connect({
    url: room.url,
    run: "r1",
    token: "a.b.c",
    WebSocket,
    ...options,
    onEvent: (event) => events.push(event),
    onOther: (event) => others.push(event),
    onState: (state) => states.push(state),
    onWelcome: (welcome) => welcomes.push(welcome),
  });
  return { connection, events, others, states, welcomes, last: () => states.at(-1) };
}

async function live(socket: RoomSocket, told: ReturnType<typeof client>, different: Parameters<typeof welcomeMessage>[0] = {}) {
  const before = told.welcomes.length;
  socket.send(welcomeMessage(different));
  await until(() => told.welcomes.length > before, { what: "the welcome" });
}

test("VW2 AC2 it asks for batched mode, with the token as a subprotocol and never in the address", async () => {
  client({ events: ["log", "metrics"], replay: 20 });
  const socket = await room.connection();
  expect(socket.protocols).toEqual(["runcast.v1.json", "bearer.a.b.c"]);
  expect(socket.url.pathname).toBe("/runs/r1/ws");
  expect(Object.fromEntries(socket.url.searchParams)).toEqual({ events: "log,metrics", replay: "20" });
});

test("VW3 after a cut it comes back by itself, with its position, and hands nothing on twice", async () => {
  const told = client();
  const first = await room.connection();
  await live(first, told, { last_offset: 2 });
  first.send(batchMessage([1, 2], 2), batchMessage([], 5));
  await until(() => told.connection.position?.offset === 5, { what: "the position" });
  first.cut();
  const second = await room.connection();
  expect(second.url.searchParams.get("since")).toBe("L1:5");
  await live(second, told, { last_offset: 7, recovered: true });
  second.send(batchMessage([5, 6], 6), batchMessage([6, 7], 7));
  await until(() => told.connection.position?.offset === 7, { what: "the position" });
  expect(told.events.map((event) => event.offset)).toEqual([1, 2, 6, 7]);
  expect(told.states.map((state) => state.kind)).toEqual(["connecting", "live", "recovering", "live"]);
});

test("VW3 PR1 after a renumbering it comes back under the new name; a welcome in mid-stream begins anew", async () => {
  const told = client();
  const first = await room.connection();
  await live(first, told, { last_offset: 4 });
  first.send(batchMessage([4], 4), { type: "renumbered", log_id: "L2", from: 5 });
  await until(() => told.connection.position?.log_id === "L2", { what: "the new log_id" });
  await live(first, told, { log_id: "L3", last_offset: 2 });
  expect(told.connection.position).toBeNull();
  first.send(batchMessage([1, 2], 2));
  await until(() => told.events.length === 3, { what: "events of the new numbering" });
  expect(told.events.map((event) => event.offset)).toEqual([4, 1, 2]);
});

test("VW6 it acknowledges what it has received, about as often as the welcome says", async () => {
  const told = client();
  const socket = await room.connection();
  await live(socket, told, { ack_every_bytes: 400 });
  socket.send(...[1, 2, 3, 4, 5, 6].map((offset) => batchMessage([offset], offset)));
  expect(await socket.next()).toEqual({ type: "ack", through: 3 });
  expect(await socket.next()).toEqual({ type: "ack", through: 6 });
});

test.each([
  ["ws", WebSocket, "slow"],
  ["Node's own", globalThis.WebSocket, "connection_lost"],
] as const)("VW8 a goodbye is the end also where the line stays open after it, with the WebSocket of %s", async (_, Socket, reason) => {
  const told = client({ WebSocket: Socket });
  const first = await room.connection();
  await live(first, told);
  first.sayGoodbye(4008);
  const second = await room.connection();
  expect(told.last()).toMatchObject({ kind: "recovering", reason: { code: reason } });
  first.cut();
  await live(second, told);
});

test("VW8 a refused upgrade is explained with the same credentials, and ends where trying again is useless", async () => {
  room.refusal = { status: 403, code: "forbidden" };
  const told = client();
  await until(() => told.last()?.kind === "closed", { what: "the refusal" });
  expect(told.last()).toMatchObject({ kind: "closed", reason: { code: "forbidden", message: "refused: forbidden" } });
  expect(room.asked).toEqual([{ path: "/api/runs/r1", authorization: "Bearer a.b.c" }]);
});

test("VW8 an expired token is asked for again, and only another one is tried", async () => {
  const tokens = ["old.old.old", "new.new.new", "new.new.new"];
  const told = client({ token: async () => tokens.shift() ?? null });
  const first = await room.connection();
  await live(first, told);
  first.close(4101);
  const second = await room.connection();
  expect(second.protocols[1]).toBe("bearer.new.new.new");
  second.close(4101);
  await until(() => told.last()?.kind === "closed", { what: "the end" });
  expect(told.last()).toMatchObject({ reason: { code: "token_expired" } });
});

test("VW2 events of unknown types come in their place, as they were", async () => {
  const told = client();
  const socket = await room.connection();
  await live(socket, told);
  const batch = batchMessage([1], 2);
  socket.send({ ...batch, events: [...batch.events, { type: "weather", sky: { clouds: 3 }, offset: 2, timestamp: "" }] });
  await until(() => told.others.length === 1, { what: "the unknown event" });
  expect(told.others[0]).toEqual({ type: "weather", sky: { clouds: 3 }, offset: 2, timestamp: "" });
});

test("VW3 subscriptions changed while the link was away are those of the next connection", async () => {
  const told = client({ events: ["log"] });
  const first = await room.connection();
  told.connection.subscribe("metrics");
  await live(first, told);
  expect(await first.next()).toEqual({ type: "subscribe", events: ["metrics"] });
  told.connection.unsubscribe("log");
  expect(await first.next()).toEqual({ type: "unsubscribe", events: ["log"] });
  first.cut();
  expect((await room.connection()).url.searchParams.get("events")).toBe("metrics");
});

test("CM1 a command is answered by its acknowledgement or its error, and fails at once without a link", async () => {
  const told = client();
  expect(await told.connection.command({ id: "c0", command: "stop" })).toMatchObject({ ok: false, code: "offline" });
  const socket = await room.connection();
  await live(socket, told);
  const answers = Promise.all([
    told.connection.command({ id: "c1", command: "sample" }),
    told.connection.command({ id: "c2", command: "save" }),
  ]);
  expect(await socket.next()).toEqual({ type: "command", id: "c1", command: "sample" });
  socket.send({ type: "error", code: "forbidden", message: "no", id: "c2" }, { type: "command_ack", id: "c1", state: "queued" });
  expect(await answers).toEqual([
    { ok: true, id: "c1", state: "queued" },
    { ok: false, id: "c2", code: "forbidden", message: "no" },
  ]);
  const lost = told.connection.command({ id: "c3", command: "backup" });
  socket.cut();
  expect(await lost).toMatchObject({ ok: false, code: "connection_lost" });
});

test("VW6 an iterator reads everything in order, and the room hears of it only once it was read", async () => {
  const told = client();
  const socket = await room.connection();
  await live(socket, told, { ack_every_bytes: 1 });
  const reader = told.connection[Symbol.asyncIterator]();
  const many = Array.from({ length: 10_500 }, (_, index) => index + 1);
  socket.send(batchMessage(many, 10_500));
  await until(() => told.events.length === 10_500, { what: "the events" });
  told.connection.subscribe("log");
  // And no ack before it.
  expect(await socket.next()).toEqual({ type: "subscribe", events: ["log"] });
  const read: number[] = [];
  for (let count = 0; count < 10_500; count += 1) {
    const { value } = await reader.next();
    if (value?.kind === "event") read.push(value.event.offset);
  }
  expect(read).toEqual(many);
  expect(await socket.next()).toEqual({ type: "ack", through: 10_500 });
  told.connection.close();
  expect(await reader.next()).toEqual({ done: true, value: undefined });
});

test("VW6 after a close for slowness it comes back only when the reader has read, so that nothing grows without bound", async () => {
  let opened = 0;
  class Counted extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      opened += 1;
    }
  }
  const told = client({ WebSocket: Counted });
  const first = await room.connection();
  await live(first, told);
  const reader = told.connection[Symbol.asyncIterator]();
  const many = Array.from({ length: 10_000 }, (_, index) => index + 1);
  first.send(batchMessage(many, 10_000));
  await until(() => told.events.length === 10_000, { what: "the events" });
  first.close(4008);
  await until(() => told.last()?.kind === "recovering", { what: "the loss" });
  told.connection.check();
  await new Promise(setImmediate);
  expect(opened).toBe(1);
  expect(told.last()).toMatchObject({ reason: { code: "slow" } });
  await reader.next();
  expect((await room.connection()).url.searchParams.get("since")).toBe("L1:10000");
});

test("VW3 the position of an iterator is behind what it has read, not behind what has arrived", async () => {
  const told = client();
  const socket = await room.connection();
  const reader = told.connection[Symbol.asyncIterator]();
  await live(socket, told, { last_offset: 3 });
  socket.send(batchMessage([1, 2, 3], 5));
  await until(() => told.events.length === 3, { what: "the events" });
  const positions: unknown[] = [told.connection.position];
  for (let count = 0; count < 4; count += 1) {
    await reader.next();
    positions.push(told.connection.position);
  }
  const at = (offset: number) => ({ log_id: "L1", offset });
  expect(positions).toEqual([null, null, at(1), at(2), at(5)]);
});

test("VW6 a reader that leaves its loop does not hold back the callbacks, and another may follow", async () => {
  const told = client();
  const socket = await room.connection();
  await live(socket, told, { ack_every_bytes: 1 });
  const reading = (async () => {
    for await (const received of told.connection) if (received.kind === "event") break;
  })();
  socket.send(batchMessage([1], 1));
  await reading;
  expect(await socket.next()).toEqual({ type: "ack", through: 1 });
  const many = Array.from({ length: 10_500 }, (_, index) => index + 2);
  socket.send(batchMessage(many, 10_501));
  expect(await socket.next()).toEqual({ type: "ack", through: 10_501 });
  const second = told.connection[Symbol.asyncIterator]();
  socket.send(batchMessage([10_502], 10_502));
  expect(await second.next()).toMatchObject({ value: { kind: "event", event: { offset: 10_502 } } });
});

test("VW4 a callback that throws takes no other event from its user", async () => {
  const uncaught: unknown[] = [];
  vi.stubGlobal("reportError", (error: unknown) => uncaught.push(error));
  const seen: number[] = [];
  connection = connect({
    url: room.url,
    run: "r1",
    WebSocket,
    onEvent: ({ offset }) => {
      seen.push(offset);
      if (offset === 1) throw new Error("a mistake");
    },
  });
  const socket = await room.connection();
  socket.send(welcomeMessage({}), batchMessage([1, 2, 3], 3));
  await until(() => seen.length === 3, { what: "the events" });
  expect(uncaught).toEqual([new Error("a mistake")]);
  vi.unstubAllGlobals();
});

test("AC2 a token that cannot be had just now is asked for again; it does not end the connection", async () => {
  let asked = 0;
  const told = client({
    token: async () => {
      asked += 1;
      if (asked === 1) throw new TypeError("fetch failed");
      return "a.b.c";
    },
  });
  expect((await room.connection()).protocols[1]).toBe("bearer.a.b.c");
  expect(told.states.map((state) => state.kind)).not.toContain("closed");
});

test("VW8 an address that the environment opens no WebSocket to is told, and not tried for ever", async () => {
  class Refusing {
    constructor() {
      throw new SyntaxError("an insecure connection from a secure page");
    }
  }
  const told = client({ WebSocket: Refusing as unknown as NonNullable<ConnectOptions["WebSocket"]> });
  await until(() => told.last()?.kind === "closed", { what: "the end" });
  expect(told.last()).toMatchObject({ reason: { code: "bad_address", message: "an insecure connection from a secure page" } });
});

test("CM2 a command that no room takes fails as its own, and is not sent", async () => {
  const told = client();
  const socket = await room.connection();
  await live(socket, told);
  const wrong = { id: "c1", command: "sample", width: 3 } as const;
  expect(await told.connection.command(wrong)).toMatchObject({
    ok: false,
    id: "c1",
    code: "invalid_message",
    message: expect.stringMatching(/^width: /),
  });
  void told.connection.command({ id: "c2", command: "save" });
  expect(await socket.next()).toMatchObject({ id: "c2" });
});

test("VW3 a position is kept across a reload: while it moves, when the page goes away, and at the end", async () => {
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  const kept = new Map<string, string>();
  let written = 0;
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => {
      kept.set(key, value);
      written += 1;
    },
  };
  const remember = rememberIn(storage, "r1");
  const told = client({ remember });
  const first = await room.connection();
  expect(first.url.searchParams.has("since")).toBe(false);
  await live(first, told, { last_offset: 2 });
  first.send(batchMessage([1], 1), batchMessage([2], 2));
  await until(() => kept.get("runcast.position.r1") === "L1:2", { what: "the position in the storage" });
  expect(written).toBe(1);
  first.send(batchMessage([3], 3));
  await until(() => told.events.length === 3, { what: "the third event" });
  page.dispatchEvent(new Event("pagehide"));
  expect(kept.get("runcast.position.r1")).toBe("L1:3");
  first.send(batchMessage([4], 4));
  await until(() => told.events.length === 4, { what: "the fourth event" });
  told.connection.close();
  expect(kept.get("runcast.position.r1")).toBe("L1:4");
  const next = client({ remember });
  expect((await room.connection()).url.searchParams.get("since")).toBe("L1:4");
  next.connection.close();
  client({ remember, since: "L1:1" });
  expect((await room.connection()).url.searchParams.get("since")).toBe("L1:1");
  vi.unstubAllGlobals();
});

test("VW3 a connection that is closed before it began opens nothing", async () => {
  client().connection.close();
  const second = client();
  await live(await room.connection(), second);
  expect(room.asked).toEqual([]);
  expect(room.connections).toBe(1);
});
