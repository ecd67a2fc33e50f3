import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { VIEWER_FRAME_MAX } from "../../protocol/index.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";

/**
 * Bytes that no HTTP or WebSocket client would send, straight into the relay's port: it stays up, says nothing from 500 on and logs no
 * error, and whoever watches this run or another gets the next event.
 */

const RUNS = ["raw", "other"] as const;

let relay: Relay;
let token: Record<"viewer" | "agent" | "owner", string>;
const rooms: { agent: WebSocket; viewer: WebSocket; seen: string[] }[] = [];
let events = 0;

beforeAll(async () => {
  relay = await startRelay({ upgradesPerMinute: 10_000 });
  const tokenOf = (role: keyof typeof token) => relay.token(role, "*");
  token = { viewer: await tokenOf("viewer"), agent: await tokenOf("agent"), owner: await tokenOf("owner") };
  for (const run of RUNS) {
    const agent = await open(`/runs/${run}/agent`, token.agent);
    agent.send(JSON.stringify({ type: "hello", protocol: 1, life: "l", next_seq: 1, sent_seq: 0, agent: { name: "t", version: "0" } }));
    await once(agent, "message");
    const viewer = await open(`/runs/${run}/ws?events=log&replay=0`, token.viewer);
    const seen: string[] = [];
    viewer.on("message", (frame) => {
      const event = JSON.parse(String(frame)) as { type: string; message: string };
      if (event.type === "log") seen.push(event.message);
    });
    rooms.push({ agent, viewer, seen });
  }
});
afterAll(() => relay.stop());

let before: string[];
beforeEach(() => {
  before = [...relay.log];
});

async function open(path: string, bearer: string): Promise<WebSocket> {
  const socket = new WebSocket(`${relay.ws}${path}`, { headers: { authorization: `Bearer ${bearer}` } });
  await once(socket, "open");
  return socket;
}

async function unharmed(): Promise<void> {
  events += 1;
  const event = { type: "log", level: "info", message: `event ${events}` };
  for (const { agent } of rooms) agent.send(JSON.stringify({ type: "batch", first_seq: events, events: [event], flush: true }));
  for (const { seen } of rooms) await until(() => seen.length === events && seen.at(-1) === event.message, { what: `event ${events}` });
  const { status } = await fetch(`${relay.url}/healthz`);
  expect(status).toBe(200);
  expect(relay.log.slice(before.length).filter((line) => /"level":"error"|exception/i.test(line))).toEqual([]);
}

type Talk = { socket: Socket; said: () => string; ended: () => boolean };

/** A connection to where clients connect, or to the workerd behind it. */
async function talk(address: string): Promise<Talk> {
  const { port, hostname } = new URL(address);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let said = "";
  let ended = false;
  socket.on("error", () => undefined);
  socket.on("close", () => {
    ended = true;
  });
  socket.setEncoding("latin1").on("data", (text: string) => {
    said += text;
  });
  await once(socket, "connect");
  return { socket, said: () => said, ended: () => ended };
}

const HOST = "Host: relay.test\r\n";
const get = (path: string, headers = ""): string => `GET ${path} HTTP/1.1\r\n${HOST}${headers}\r\n`;
const post = (headers: string, body = ""): string => `POST /api/session HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;

/** What is answered, or at least ends; and what is no whole request, and waits for the rest. */
const WHOLE: readonly [string, string][] = [
  ["no HTTP at all", "\u0000\u0001\u0002\u0003\r\n\r\n"],
  ["a TLS greeting", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n"],
  ["an unknown method", `BREW /healthz HTTP/1.1\r\n${HOST}\r\n`],
  ["a version that is not there yet", `GET /healthz HTTP/9.9\r\n${HOST}\r\n`],
  ["HTTP 2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["no host", "GET /healthz HTTP/1.1\r\n\r\n"],
  ["a path with raw bytes", get("/api/runs/\u00ff\u00fe\u0000")],
  ["a path that climbs", get("/api/runs/../../../etc/passwd")],
  ["an escape that is none", get("/api/runs/%zz%")],
  ["a path of 64 KiB", get(`/${"a".repeat(65_536)}`)],
  ["a header of 256 KiB", get("/healthz", `X-Large: ${"a".repeat(262_144)}\r\n`)],
  ["ten thousand headers", get("/healthz", Array.from({ length: 10_000 }, (_, index) => `X-${index}: 1\r\n`).join(""))],
  ["a header without a colon", get("/healthz", "nonsense\r\n")],
  ["a header with raw bytes", get("/api/runs", "Authorization: Bearer \u00ff\u00e9\r\n")],
  ["a folded header", get("/healthz", "X-Folded: a\r\n b\r\n")],
  ["two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{} ")],
  ["a length below zero", post("Content-Length: -1\r\n", "{}")],
  ["a length that is no number", post("Content-Length: 0x10\r\n", "{}")],
  ["a length and chunks", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")],
  ["chunks of no size", post("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n")],
  ["an unknown transfer encoding", post("Transfer-Encoding: gzip\r\n", "{}")],
  ["a body that is no gzip", post("Content-Encoding: gzip\r\nContent-Length: 2\r\n", "{}")],
  ["an upgrade to something else", get("/runs/raw/ws", "Connection: Upgrade\r\nUpgrade: h2c\r\n")],
  ["an upgrade without a key", get("/runs/raw/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")],
  ["an upgrade of version 0", get("/runs/raw/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 0\r\n")],
];
const PARTS = (): readonly [string, string][] => [
  ...[HALF_PICTURE, `no picture ${"x".repeat(5000)}`].map((body, n): [string, string] => [
    `a blob that breaks off late, ${n}`,
    `PUT /api/runs/raw/blobs/${"1".repeat(64)} HTTP/1.1\r\n${HOST}Authorization: Bearer ${token.agent}\r\nContent-Length: 100000\r\n\r\n${body}`,
  ]),
  ["half a request line", "GET /heal"],
  ["half a header", `GET /healthz HTTP/1.1\r\n${HOST}Authoriz`],
  ["a body that does not come", post("Content-Length: 1000\r\n", "{")],
  ["a chunk that does not come", post("Transfer-Encoding: chunked\r\n", "ffff\r\n{")],
  ...["Content-Length: 1000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\nffff\r\n{"].flatMap((rest): [string, string][] => [
    ["a command that does not come", `POST /api/runs/raw/commands HTTP/1.1\r\n${HOST}Authorization: Bearer ${token.owner}\r\n${rest}`],
    [
      "a picture that breaks off",
      `PUT /api/runs/raw/blobs/${"0".repeat(64)} HTTP/1.1\r\n${HOST}Authorization: Bearer ${token.agent}\r\n${rest}`,
    ],
    ["a token that is not asked for", `POST /api/tokens HTTP/1.1\r\n${HOST}Authorization: Bearer ${token.owner}\r\n${rest}`],
  ]),
];

/** A picture whose beginning is a PNG's, of which 5 kB of 100 come: more than is looked at before it is passed on. */
const HALF_PICTURE = `\u0089PNG\r\n\u001a\n${"\u0000\u0000\u0000\rIHDR"}${"\u0000".repeat(5000)}`;

describe("bytes where HTTP is expected", () => {
  test("AC6 what is no request is refused, and hurts nobody", async () => {
    for (const [what, bytes] of WHOLE) {
      for (const address of [relay.url, relay.innerUrl]) {
        const { socket, said, ended } = await talk(address);
        socket.write(bytes, "latin1");
        await until(() => ended() || said().includes("\r\n"), { what: `an answer to ${what}` });
        // Before the Worker has seen anything of it, workerd itself says 501, and the front of a local relay what its own Worker meets.
        const fromOurs = address === relay.innerUrl ? /^HTTP\/1\.1 5(?!01)/ : /^HTTP\/1\.1 5[\s\S]*"error":/;
        expect([what, said().match(fromOurs)?.[0]]).toEqual([what, undefined]);
        socket.destroy();
      }
      await unharmed();
    }
  });

  test("AC6 what never becomes a request holds nobody up", async () => {
    for (const [, bytes] of PARTS()) {
      for (const address of [relay.url, relay.innerUrl]) {
        const { socket } = await talk(address);
        socket.write(bytes, "latin1");
        await unharmed();
        socket.destroy();
        await unharmed();
      }
    }
  });
});

type Shape = { opcode: number; payload?: Uint8Array; fin?: boolean; reserved?: number; masked?: boolean; length?: bigint };

/** A frame of RFC 6455, or nearly. The mask is of zeros: payloads stand there as they are. */
function frame({ opcode, payload = new Uint8Array(), fin = true, reserved = 0, masked = true, length }: Shape): Buffer {
  const size = length ?? BigInt(payload.length);
  const mask = masked ? 0x80 : 0;
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  return Buffer.concat([Buffer.from([first]), sizeOf(size, mask), masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

function sizeOf(size: bigint, mask: number): Buffer {
  if (size < 126n) return Buffer.from([mask | Number(size)]);
  if (size < 65_536n) return Buffer.from([mask | 126, Number(size >> 8n), Number(size & 255n)]);
  const long = Buffer.alloc(9);
  long[0] = mask | 127;
  long.writeBigUInt64BE(size, 1);
  return long;
}

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const text = (content: string) => Buffer.from(content);
const closing = (code: number, reason: Uint8Array = Buffer.alloc(0)) => Buffer.concat([Buffer.from([code >> 8, code & 255]), reason]);
const many = (count: number, of: (index: number) => Shape) => Buffer.concat(Array.from({ length: count }, (_, index) => frame(of(index))));
const PIECE = Buffer.alloc(16_384, 0x20);
const ENDLESS = (2 * VIEWER_FRAME_MAX) / PIECE.length;

const FRAMES: readonly [string, Buffer][] = [
  ["an opcode of nothing", frame({ opcode: 3, payload: text("{}") })],
  ["a control opcode of nothing", frame({ opcode: 0xb })],
  ["a frame without a mask", frame({ opcode: TEXT, payload: text("{}"), masked: false })],
  ["reserved bits", frame({ opcode: TEXT, payload: text("{}"), reserved: 7 })],
  ["compressed, though that was not agreed on", frame({ opcode: TEXT, payload: text("\u0000\u0001"), reserved: 4 })],
  ["a length that does not come", frame({ opcode: TEXT, length: 60_000n })],
  ["a length of 2^63 - 1", frame({ opcode: TEXT, length: 2n ** 63n - 1n })],
  ["a length of 2^64 - 1", frame({ opcode: BINARY, length: 2n ** 64n - 1n })],
  ["half a head", Buffer.from([0x81])],
  ["half a length", Buffer.from([0x81, 0xff, 0, 0])],
  ["a ping in pieces", frame({ opcode: PING, fin: false, payload: text("x") })],
  ["a ping that is too long", frame({ opcode: PING, payload: Buffer.alloc(126) })],
  ["a continuation of nothing", frame({ opcode: 0, payload: text("x") })],
  ["a second beginning", Buffer.concat([frame({ opcode: TEXT, fin: false }), frame({ opcode: TEXT, payload: text("{}") })])],
  ["a text that is no UTF-8", frame({ opcode: TEXT, payload: Buffer.from([0xff, 0xfe, 0xc3, 0x28]) })],
  ["half a character", frame({ opcode: TEXT, payload: text("\u00e9").subarray(0, 1) })],
  ["many empty pieces", many(2000, (index) => ({ opcode: index === 0 ? TEXT : 0, fin: false }))],
  ["pieces without end", many(ENDLESS, (index) => ({ opcode: index === 0 ? TEXT : 0, fin: false, payload: PIECE }))],
  ["a thousand pings", many(1000, () => ({ opcode: PING, payload: text("x") }))],
  ["a close of one byte", frame({ opcode: CLOSE, payload: Buffer.from([3]) })],
  ["a close with a reason that is no UTF-8", frame({ opcode: CLOSE, payload: closing(1000, Buffer.from([0xff, 0xfe])) })],
  ["words after a close", Buffer.concat([frame({ opcode: CLOSE, payload: closing(1000) }), frame({ opcode: TEXT, payload: text("{}") })])],
  ...[0, 999, 1004, 1005, 1006, 1015, 2999, 3000, 4999, 5000, 65_535].map((code): [string, Buffer] => [
    `a close with code ${code}`,
    frame({ opcode: CLOSE, payload: closing(code, text("bye")) }),
  ]),
];

/** A socket that was let in. */
async function upgraded(path: string, bearer: string, more = ""): Promise<Talk> {
  const peer = await talk(relay.url);
  const key = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
  peer.socket.write(get(path, `${key}Authorization: Bearer ${bearer}\r\n${more}`));
  await until(() => peer.said().includes("\r\n\r\n"), { what: "the answer to the upgrade" });
  expect(peer.said()).toMatch(/^HTTP\/1\.1 101 /);
  return peer;
}

describe("bytes where WebSocket frames are expected", () => {
  test.each([
    ["viewer", "/runs/raw/ws", "viewer", ""],
    ["viewer in Protocol Buffers", "/runs/raw/ws", "viewer", "Sec-WebSocket-Protocol: runcast.v1.proto\r\n"],
    ["agent of a run that is watched", "/runs/raw/agent", "agent", ""],
    ["agent of no run yet", "/runs/never/agent", "agent", ""],
  ] as const)("AC6 they hurt nobody: as %s", async (_, path, role, more) => {
    for (const [, bytes] of FRAMES) {
      const peer = await upgraded(path, token[role], more);
      peer.socket.write(bytes);
      await unharmed();
      peer.socket.destroy();
    }
    await unharmed();
  });

  test("AC6 what does not inflate hurts nobody, where compression was agreed on", async () => {
    for (const payload of [Buffer.from([0xff, 0xff, 0xff]), Buffer.from([0]), Buffer.alloc(70_000, 0xaa), Buffer.alloc(0)]) {
      const peer = await upgraded("/runs/raw/ws", token.viewer, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
      peer.socket.write(frame({ opcode: TEXT, payload, reserved: 4 }));
      await unharmed();
      peer.socket.destroy();
    }
  });
});
