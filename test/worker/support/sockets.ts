import { SELF } from "cloudflare:test";
import type { AnyEvent, Claims, Role } from "../../../protocol/index.ts";
import { fromRoom, toRoom } from "./proto.ts";
import { token } from "./tokens.ts";

export type Json = Record<string, unknown> & { type: string };

/** How a peer writes and reads its frames. */
type Language = { write(message: unknown): string | Uint8Array; read(frame: string | ArrayBuffer): Json };

const JSON_TEXT: Language = {
  write: (message) => JSON.stringify(message),
  read: (frame) => JSON.parse(frame as string) as Json,
};
/** The keep-alive's answer is a text in this mode too. */
const PROTO: Language = {
  write: (message) => toRoom(message as Json),
  read: (frame) => (typeof frame === "string" ? JSON_TEXT.read(frame) : (fromRoom(new Uint8Array(frame)) as Json)),
};

/** A socket whose frames are waited for one by one. */
export type Peer = {
  /** The next frame, parsed; rejects after two seconds without one. */
  next(): Promise<Json>;
  /** The next frame of a type; others before it are dropped. */
  nextOf(type: string): Promise<Json>;
  /** Frames that have come and were not taken. */
  waiting(): Json[];
  send(message: unknown): void;
  sendRaw(frame: string | ArrayBuffer | Uint8Array): void;
  close(): void;
  closed: Promise<{ code: number; reason: string }>;
  protocol: string | null;
};

const PATIENCE_MS = 2000;

export async function open(path: string, headers: Record<string, string>, language = JSON_TEXT): Promise<Peer> {
  const response = await SELF.fetch(`https://relay.test${path}`, {
    // Each from an address of its own: upgrades are counted by address (AC6).
    headers: { Upgrade: "websocket", "CF-Connecting-IP": crypto.randomUUID(), ...headers },
  });
  const socket = response.webSocket;
  if (!socket) throw new Error(`refused: ${response.status} ${await response.text()}`);
  const frames: Json[] = [];
  const takers: ((frame: Json) => void)[] = [];
  socket.addEventListener("message", (message) => {
    const frame = language.read(message.data as string | ArrayBuffer);
    const taker = takers.shift();
    if (taker) taker(frame);
    else frames.push(frame);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener("close", (event) => resolve({ code: event.code, reason: event.reason }));
  });
  // Left alone, binary frames come as blobs, which are read later: out of order.
  socket.binaryType = "arraybuffer";
  socket.accept();
  const next = () => {
    const ready = frames.shift();
    if (ready) return Promise.resolve(ready);
    return new Promise<Json>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no frame came")), PATIENCE_MS);
      takers.push((frame) => {
        clearTimeout(timer);
        resolve(frame);
      });
    });
  };
  return {
    next,
    async nextOf(type) {
      for (;;) {
        const frame = await next();
        if (frame.type === type) return frame;
      }
    },
    waiting: () => [...frames],
    send: (message) => socket.send(language.write(message)),
    sendRaw: (frame) => socket.send(frame),
    close: () => socket.close(1000, "done"),
    closed,
    protocol: response.headers.get("Sec-WebSocket-Protocol"),
  };
}

/** A plain viewer (VW1). */
export async function plainViewer(run: string, query = "", role: Role = "viewer"): Promise<Peer> {
  return open(`/runs/${run}/ws${query}`, { Authorization: `Bearer ${await token({ role })}` });
}

/** A batched viewer (VW2). */
export async function batchedViewer(run: string, query = "", role: Role = "viewer"): Promise<Peer> {
  return open(`/runs/${run}/ws${query}`, { "Sec-WebSocket-Protocol": `runcast.v1.json, bearer.${await token({ role })}` });
}

/** A batched viewer that speaks Protocol Buffers (VW2); what it gets and sends is written as JSON here. */
export async function protoViewer(run: string, query = "", role: Role = "viewer"): Promise<Peer> {
  const offer = `runcast.v1.proto, bearer.${await token({ role })}`;
  return open(`/runs/${run}/ws${query}`, { "Sec-WebSocket-Protocol": offer }, PROTO);
}

export type Agent = Peer & {
  ready: Json;
  /** Sends events after the last ones. @returns the seq of the last */
  batch(events: AnyEvent[], flush?: boolean): number;
};

/** A socket with a token of one's own: a viewer in a mode that has had its welcome, or an agent that has not said anything yet. */
export async function openAs(
  run: string,
  mode: "plain" | "runcast.v1.json" | "runcast.v1.proto" | "agent",
  claims: Partial<Claims>,
): Promise<Peer> {
  const made = await token(claims);
  if (mode === "agent") return open(`/runs/${run}/agent`, { Authorization: `Bearer ${made}` });
  const offer = { "Sec-WebSocket-Protocol": `${mode === "plain" ? "runcast.plain" : mode}, bearer.${made}` };
  const viewer = await open(`/runs/${run}/ws?replay=0`, offer, mode === "runcast.v1.proto" ? PROTO : JSON_TEXT);
  await viewer.nextOf("welcome");
  return viewer;
}

/** An agent that has said hello and was answered. */
export async function agent(run: string, hello: Record<string, unknown> = {}): Promise<Agent> {
  return greetAgent(run, {}, hello);
}

/** The same with a token of its own. */
export async function greetAgent(run: string, claims: Partial<Claims>, hello: Record<string, unknown> = {}): Promise<Agent> {
  const peer = await openAs(run, "agent", { role: "agent", ...claims });
  const said = { type: "hello", protocol: 1, life: "life-1", next_seq: 1, sent_seq: 0, agent: { name: "test", version: "0" }, ...hello };
  peer.send(said);
  const ready = await peer.next();
  let seq = (ready.last_seq as number | undefined) ?? 0;
  return {
    ...peer,
    ready,
    batch(events, flush = true) {
      peer.send({ type: "batch", first_seq: seq + 1, events, flush });
      seq += events.length;
      return seq;
    },
  };
}

/** A log event with a text. */
export function line(message: string): AnyEvent {
  return { type: "log", timestamp: "2026-11-01T00:00:00.000Z", level: "info", message };
}

/** The messages of log events, in order. */
export function messages(events: unknown): string[] {
  return (events as AnyEvent[]).filter((event) => event.type === "log").map((event) => event.message as string);
}
