import type { IncomingMessage } from "node:http";
import type { ClientOptions, RawData } from "ws";
import { errorBody, type RoomToAgent, roomToAgent } from "../../protocol/index.ts";
import type { Ending } from "./producer-types.ts";

/** What an uplink needs of a socket. */
export type Socket = {
  send(frame: string): void;
  /** Ends the connection in order: everything is said. */
  close(): void;
  /** Ends it at once. */
  drop(): void;
};

export type SocketEvents = {
  opened(): void;
  /** Anything came in, a protocol ping too. */
  heard(): void;
  message(message: RoomToAgent): void;
  /** The last call; after `drop` there is none. */
  ended(ending: Ending): void;
};

/**
 * Frames from here on are compressed. `bench/wire` has the figures: those of 6 kB shrink to a fifth and those of a backlog to an eighth, for some
 * milliseconds of CPU a megabyte; a live run's frames, under 1 kB, would shrink to half for seven times the CPU.
 */
export const COMPRESS_FROM = 4 * 1024;
/**
 * The fastest level: the next ones cost twice as much for a few percent. Each frame is for itself: a window that is carried on would have to be kept
 * for each agent, here and in the relay, also while its room hibernates.
 */
const COMPRESSION = { clientNoContextTakeover: true, serverNoContextTakeover: true, zlibDeflateOptions: { level: 1 } };
/** What a room says is far smaller, however it may be compressed: a prompt is the longest. */
const MESSAGE_MAX = 1024 * 1024;
/**
 * Some relays leave the line open after a goodbye, and until it ends nothing is told of it: a token that ended, another producer. What is
 * to come after a goodbye is there at once, or never.
 */
const CLOSE_TIMEOUT_MS = 2000;
/** The body of a refusal is a line of JSON; more is not for us. */
const REFUSAL_BODY_MAX = 2048;

/**
 * Opens a WebSocket to a room. Loads `ws` at the first call: a command that never connects does not pay for it.
 * @param url of the room's agent endpoint
 */
export async function openSocket(url: string, token: string, events: SocketEvents): Promise<Socket> {
  const { WebSocket: Client } = await import("ws");
  // The types know of no closeTimeout yet.
  const options: ClientOptions & { closeTimeout: number } = {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: COMPRESSION,
    maxPayload: MESSAGE_MAX,
    handshakeTimeout: 15_000,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  const socket = new Client(url, options);
  let over = false;
  const end = (ending: Ending) => {
    if (over) return;
    over = true;
    events.ended(ending);
  };
  const unlessOver = (call: () => void) => () => {
    if (!over) call();
  };
  socket.on("open", unlessOver(events.opened));
  socket.on("ping", unlessOver(events.heard));
  socket.on("message", (data: RawData, binary: boolean) => {
    if (over) return;
    events.heard();
    const message = binary ? null : parse(data.toString());
    if (message) events.message(message);
  });
  socket.on("unexpected-response", (request, response) => {
    void refusal(response).then((ending) => {
      end(ending);
      request.destroy();
    });
  });
  // An error is always followed by a close, and says nothing that the close does not.
  socket.on("error", () => undefined);
  socket.on("close", (code, reason) => end({ kind: "closed", code, reason: reason.toString() }));
  return {
    send: (frame) => {
      if (socket.readyState === Client.OPEN) socket.send(frame, { compress: frame.length >= COMPRESS_FROM });
    },
    close: () => {
      over = true;
      socket.close(1000, "the run has ended");
    },
    drop: () => {
      over = true;
      socket.terminate();
    },
  };
}

/** @returns null for what this version does not know: a newer room may say more. */
function parse(text: string): RoomToAgent | null {
  const parsed = roomToAgent.safeParse(json(text));
  return parsed.success ? parsed.data : null;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function refusal(response: IncomingMessage): Promise<Ending> {
  let body = "";
  try {
    for await (const chunk of response) {
      body += String(chunk);
      if (body.length > REFUSAL_BODY_MAX) break;
    }
  } catch {
    // cut off while it spoke: the status is enough
  }
  const told = errorBody.safeParse(json(body));
  const code = told.success ? told.data.error.code : null;
  const message = told.success ? told.data.error.message : (response.statusMessage ?? "no reason given");
  const retryAfterMs = Number(response.headers["retry-after"] ?? 0) * 1000 || 0;
  return { kind: "refused", status: response.statusCode ?? 0, code, message, retryAfterMs };
}
