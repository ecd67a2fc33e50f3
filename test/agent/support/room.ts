import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import {
  type AgentMessage,
  type AnyEvent,
  agentMessage,
  type Demand,
  type Hello,
  KEEPALIVE_REPLY,
  KEEPALIVE_SEND,
} from "../../../protocol/index.ts";

/**
 * The producer's half of a room, over real sockets: a numbering for each life, idempotent batches, acks, blobs. What a test wants to go
 * wrong is set in `faults`.
 */
export type Room = {
  readonly url: string;
  readonly events: AnyEvent[];
  readonly hellos: Hello[];
  readonly messages: AgentMessage[];
  readonly blobs: Map<string, { body: Buffer; type: string }>;
  readonly tokens: string[];
  /** Attempts to store a blob. */
  readonly puts: number;
  faults: Faults;
  send(message: unknown): void;
  /** Cuts the present connection; with a code it is closed in order. */
  cut(code?: number): void;
  /** Says goodbye and leaves the line open, as a relay behind proxies may do. */
  goodbye(code: number): void;
  connected(): boolean;
  /** Bytes that came over the present connection, as they were on the wire. */
  received(): number;
  /** Forgets what it was sent after `seq`, as a room does that dies before it stored its tail. */
  forgetAfter(seq: number): void;
  close(): Promise<void>;
};

type Faults = {
  /** Upgrades are answered with this status. */
  refuse: number | null;
  /** Blobs are answered with this status. */
  refuseBlobs: number | null;
  /** A log event with this message is refused, and what follows it in its batch too. */
  invalid: string | null;
  /** Batches are taken, and nothing is said. */
  mute: boolean;
  demand: Demand;
};

export async function startRoom(port = 0): Promise<Room> {
  const events: AnyEvent[] = [];
  const hellos: Hello[] = [];
  const messages: AgentMessage[] = [];
  const tokens: string[] = [];
  const blobs: Room["blobs"] = new Map();
  const faults: Faults = { refuse: null, refuseBlobs: null, invalid: null, mute: false, demand: { mode: "live", batch_ms: 20 } };
  const superseded = new Set<string>();
  let life: string | null = null;
  let base = 0;
  let puts = 0;
  let last = 0;
  let socket: WebSocket | null = null;
  let wire: Socket | null = null;

  const server = createServer((request, response) => void putBlob(request, response));
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  server.on("upgrade", (request, raw, head) => {
    tokens.push(request.headers.authorization ?? "");
    if (faults.refuse !== null) {
      const body = JSON.stringify({ error: { code: "refused", message: "not you" } });
      raw.end(`HTTP/1.1 ${faults.refuse} Refused\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
      return;
    }
    sockets.handleUpgrade(request, raw, head, (opened) => {
      socket = opened;
      wire = request.socket;
      opened.on("message", (data) => {
        if (opened !== socket) return;
        if (String(data) !== KEEPALIVE_SEND) take(agentMessage.parse(JSON.parse(String(data))));
        else if (!faults.mute) opened.send(KEEPALIVE_REPLY);
      });
    });
  });
  const send = (message: unknown) => socket?.send(JSON.stringify(message));

  const take = (message: AgentMessage): void => {
    messages.push(message);
    if (message.type === "hello") greet(message);
    else if (message.type === "ping" && !faults.mute) send({ type: "pong", client_timestamp: message.timestamp, server_timestamp: "now" });
    else if (message.type === "batch") store(message.first_seq, message.events as AnyEvent[]);
  };
  const greet = (hello: Hello): void => {
    hellos.push(hello);
    if (superseded.has(hello.life)) {
      socket?.close(4106);
      return;
    }
    if (life !== hello.life) {
      if (life !== null) superseded.add(life);
      life = hello.life;
      base = events.length - (hello.next_seq - 1);
      last = hello.next_seq - 1;
    }
    if (!faults.mute) send({ type: "ready", life, last_seq: last, demand: faults.demand });
  };
  const store = (first: number, batch: AnyEvent[]): void => {
    if (first > last + 1) {
      send({ type: "error", code: "sequence_gap", message: "a batch is missing", expected: last + 1 });
      return;
    }
    for (const [index, event] of batch.entries()) {
      if (first + index <= last) continue;
      if (faults.invalid !== null && event.message === faults.invalid) {
        send({ type: "error", code: "invalid_message", message: "no such field", seq: first + index });
        return;
      }
      last = first + index;
      events[base + last - 1] = event;
    }
    if (!faults.mute) send({ type: "ack", seq: last });
  };

  const putBlob = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    puts += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const sha256 = createHash("sha256").update(body).digest("hex");
    const answer = (status: number, value: unknown) => response.writeHead(status).end(JSON.stringify(value));
    if (faults.refuseBlobs !== null) answer(faults.refuseBlobs, { error: { code: "refused", message: "not this" } });
    else if (!request.url?.endsWith(sha256)) answer(422, { error: { code: "hash_mismatch", message: "another hash" } });
    else {
      const type = request.headers["content-type"] ?? "";
      blobs.set(sha256, { body, type });
      answer(201, { path: request.url, sha256, size: body.length, media_type: type });
    }
  };

  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = async () => {
    for (const client of sockets.clients) client.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    hellos,
    messages,
    blobs,
    tokens,
    get puts() {
      return puts;
    },
    faults,
    send,
    cut: (code) => (code === undefined ? socket?.terminate() : socket?.close(code)),
    goodbye: (code) => {
      wire?.pause();
      wire?.write(Buffer.from([0x88, 2, code >> 8, code & 0xff]));
    },
    connected: () => socket?.readyState === 1,
    received: () => wire?.bytesRead ?? 0,
    forgetAfter: (seq) => {
      events.length = base + seq;
      last = seq;
    },
    close,
  };
}
