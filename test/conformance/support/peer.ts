import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";

/** A message as it came: its fields are looked at by who waits for it. */
export type Frame = Record<string, unknown> & { type: string };

/** Every message from a server says when, in ISO-8601, UTC, with milliseconds; the keep-alive's answer alone does not, since the platform gives it. */
export function stamped(message: { type: string; timestamp?: unknown }): void {
  if (message.type === "keepalive_ack") return;
  const text = `${message.type}: its timestamp is ${message.timestamp}`;
  assert.match(String(message.timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, text);
}

export type Closed = { code: number; reason: string };

/** One end of a WebSocket whose frames are waited for one by one. */
export type Peer = {
  /** The sub-protocol that the relay has echoed; empty for none. */
  readonly protocol: string;
  /** The next frame. Rejects when the socket closes, or nothing comes for long. */
  next(patience_ms?: number): Promise<Frame>;
  /** The next frame letter for letter. */
  nextText(patience_ms?: number): Promise<string>;
  /** The next frame of a type; others before it are dropped. */
  nextOf(type: string, patience_ms?: number): Promise<Frame>;
  /** Everything that was sent before the answer to a ping of ours: frames keep their order, so nothing else was. */
  upToPong(): Promise<Frame[]>;
  send(message: unknown): void;
  sendRaw(frame: string | Uint8Array): void;
  /** Does not read what comes, until it is told to go on: the peer's queue grows. */
  pause(): void;
  resume(): void;
  /** Closes in order, with 1000. */
  close(): void;
  /** Ends it without a word, as a broken line does. */
  cut(): void;
  readonly closed: Promise<Closed>;
};

export type Upgrade = { protocols?: readonly string[]; headers?: Readonly<Record<string, string>> };
export type Refusal = { status: number; body: unknown; headers: Readonly<Record<string, string | string[] | undefined>> };
export type Opening = { ok: true; peer: Peer } | ({ ok: false } & Refusal);

/** How long a frame, or an answer, may take: generous, since it is only ever waited out by what has failed. */
export const PATIENCE_MS = 20_000;

/** The address may ask for so many upgrades a minute (AC6); a suite that has asked for more waits, as a client does. */
const RETRIES = 2;

/** Opens a WebSocket. @returns its peer, or how the relay refused it */
export async function upgrade(url: string, how: Upgrade): Promise<Opening> {
  for (let left = RETRIES; ; left--) {
    const opening = await attempt(url, how);
    if (opening.ok || opening.status !== 429 || left === 0) return opening;
    await delay((Number(opening.headers["retry-after"]) || 1) * 1000);
  }
}

/** The same without a second attempt where the relay says that there were too many. */
export function attempt(url: string, { protocols = [], headers = {} }: Upgrade): Promise<Opening> {
  const socket = new WebSocket(url, [...protocols], { headers, handshakeTimeout: PATIENCE_MS, maxPayload: 64 * 1024 * 1024 });
  // Listens from the first moment: frames may come in the packet that carries the handshake.
  const peer = peerOf(socket);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve({ ok: true, peer: { ...peer, protocol: socket.protocol } }));
    socket.once("unexpected-response", (request, response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => {
        request.destroy();
        resolve({ ok: false, status: response.statusCode ?? 0, body: parsed(text), headers: response.headers });
      });
    });
    socket.on("error", reject);
  });
}

type Taker = { take(text: string): void; fail(error: Error): void };

function peerOf(socket: WebSocket): Omit<Peer, "protocol"> {
  const texts: string[] = [];
  const takers: Taker[] = [];
  let over: Closed | null = null;
  socket.on("message", (data, isBinary) => {
    const text = isBinary ? JSON.stringify({ type: "binary frame", bytes: (data as Buffer).byteLength }) : String(data);
    const taker = takers.shift();
    if (taker) taker.take(text);
    else texts.push(text);
  });
  const closed = new Promise<Closed>((resolve) => {
    socket.on("close", (code, reason) => {
      over = { code, reason: String(reason) };
      for (const taker of takers.splice(0)) taker.fail(new Error(`the relay closed with ${code} ${reason}`));
      resolve(over);
    });
  });

  const nextText = (patience_ms = PATIENCE_MS): Promise<string> => {
    const ready = texts.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (over) return Promise.reject(new Error(`the relay had closed with ${over.code} ${over.reason}`));
    return new Promise((resolve, reject) => {
      const taker: Taker = {
        take(text) {
          clearTimeout(timer);
          resolve(text);
        },
        fail(error) {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        takers.splice(takers.indexOf(taker), 1);
        reject(new Error(`nothing came within ${patience_ms} ms`));
      }, patience_ms);
      takers.push(taker);
    });
  };
  const next = async (patience_ms?: number): Promise<Frame> => JSON.parse(await nextText(patience_ms)) as Frame;
  const nextOf = async (type: string, patience_ms?: number): Promise<Frame> => {
    const before: string[] = [];
    for (;;) {
      const frame = await next(patience_ms).catch((error: Error) => {
        throw new Error(`${error.message}, waiting for ${type}; before it came: ${before.slice(-5).join(", ") || "nothing"}`);
      });
      if (frame.type === type) return frame;
      before.push(frame.type === "error" ? `error ${frame.code}: ${frame.message}` : frame.type);
    }
  };
  let pings = 0;
  return {
    next,
    nextText,
    nextOf,
    async upToPong() {
      pings += 1;
      const timestamp = `ping ${pings}`;
      socket.send(JSON.stringify({ type: "ping", timestamp }));
      const frames: Frame[] = [];
      for (;;) {
        const frame = await next();
        if (frame.type === "pong" && frame.client_timestamp === timestamp) return frames;
        frames.push(frame);
      }
    },
    send: (message) => socket.send(JSON.stringify(message)),
    sendRaw: (frame) => socket.send(frame),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.close(1000, "done"),
    cut: () => socket.terminate(),
    closed,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
