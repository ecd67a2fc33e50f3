import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:net";
import type { HookMessage } from "../../protocol/index.ts";
import { type Connection, serveHook } from "./connection.ts";

/** One message of a hook, not yet recorded; `bytes` is the length of its line. */
export type Received = { connection: Connection; session: string; message: HookMessage; bytes: number };

export type IngestOptions = {
  /** Takes a message; it is acknowledged by `Connection.acknowledge` once it is in the spool. */
  receive: (received: Received) => void;
  /** Records all that was received, and says how far a session got: null for one that is not known. */
  recordedUpTo: (session: string) => number | null;
  /** A hook has said hello, or is gone. */
  hooksChanged: () => void;
};

export type Ingest = {
  port: number;
  token: string;
  /** The newest hook that said hello and is still there, or null. */
  newest(): Connection | null;
  /** The hook of this session, where it is connected. */
  of(session: string): Connection | null;
  /** @returns when no hook is connected, at most `ms` milliseconds from now. */
  quiet(ms: number): Promise<void>;
  /** Stops and starts reading: what was received waits to be recorded. */
  hold(held: boolean): void;
  close(): void;
};

/** A trainer, its ranks and its tools; each hook has one connection. */
const CONNECTIONS_MAX = 64;
/** Of them, those that have not shown the token yet: when more come, the oldest gives way, so that nobody who holds some open keeps a hook out. */
const UNGREETED_MAX = 16;
const LOOPBACK = "127.0.0.1";

/** Listens for hooks on loopback (AC7), on a port and with a token that are new each time. */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const token = randomBytes(32).toString("base64url");
  const connections = new Set<Connection>();
  const waiting: (() => void)[] = [];
  const greeted = () => [...connections].filter((connection) => connection.session() !== null);
  let held = false;
  const server = createServer((socket) => {
    const strangers = [...connections].filter((other) => other.session() === null);
    if (strangers.length >= UNGREETED_MAX) strangers[0]?.drop();
    const connection = serveHook(socket, { ...options, token, welcome, goodbye });
    if (held) socket.pause();
    connections.add(connection);
  });
  const welcome = (arrived: Connection) => {
    // A hook that comes back has given up its earlier connection, whether or not the kernel has told us.
    for (const other of connections) if (other !== arrived && other.session() === arrived.session()) other.drop();
    connections.delete(arrived);
    connections.add(arrived);
    options.hooksChanged();
  };
  const goodbye = (connection: Connection) => {
    connections.delete(connection);
    options.hooksChanged();
    if (greeted().length === 0) for (const resolve of waiting.splice(0)) resolve();
  };
  server.maxConnections = CONNECTIONS_MAX;
  const port = await listen(server);
  return {
    port,
    token,
    newest: () => greeted().at(-1) ?? null,
    of: (session) => greeted().find((connection) => connection.session() === session) ?? null,
    quiet: (ms) =>
      new Promise((resolve) => {
        if (greeted().length === 0) return resolve();
        waiting.push(resolve);
        setTimeout(resolve, ms).unref();
      }),
    hold: (wanted) => {
      if (held === wanted) return;
      held = wanted;
      for (const connection of connections) connection.hold(held);
    },
    close: () => {
      server.close();
      for (const connection of connections) connection.drop();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(address.port);
      else reject(new Error("a TCP server has no port"));
    });
  });
}
