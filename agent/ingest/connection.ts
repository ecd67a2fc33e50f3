import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import { type AgentToHook, describe, HOOK_LINE_MAX, type HookMessage, hookHello, hookMessage } from "../../protocol/index.ts";
import { createLineSplitter } from "./lines.ts";

/** One hook's connection, as the rest of the agent sees it. */
export type Connection = {
  /** The numbering that this hook uses; null before its hello. */
  session(): string | null;
  acknowledge(n: number): void;
  send(line: AgentToHook): void;
  hold(held: boolean): void;
  drop(): void;
};

export type ConnectionOptions = {
  token: string;
  receive: (received: { connection: Connection; session: string; message: HookMessage; bytes: number }) => void;
  recordedUpTo: (session: string) => number | null;
  welcome: (connection: Connection) => void;
  goodbye: (connection: Connection) => void;
};

/** A hello is small; nobody who has not shown the token gets more of our memory. */
const HELLO_LINE_MAX = 4096;
const HELLO_TIMEOUT_MS = 5000;

/** `last` is the newest n taken from this hook, recorded or not; null until the first of a session that the spool does not know. */
type State = { kind: "greeting" } | { kind: "open"; session: string; last: number | null } | { kind: "over" };

/** Speaks the hook's protocol (protocol/hook-messages) on one socket. */
export function serveHook(socket: Socket, options: ConnectionOptions): Connection {
  const splitter = createLineSplitter();
  let state: State = { kind: "greeting" };
  const send = (line: AgentToHook): void => {
    if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
  };
  const refuse = (code: "unauthorized" | "invalid_message" | "line_too_long", message: string): void => {
    // What came before the bad line counts: the hook will replace exactly the message after the last recorded one.
    if (state.kind === "open") options.recordedUpTo(state.session);
    send({ type: "error", code, message });
    state = { kind: "over" };
    socket.end();
  };
  const connection: Connection = {
    session: () => (state.kind === "open" ? state.session : null),
    acknowledge: (n) => send({ type: "ack", n }),
    send,
    hold: (held) => void (held ? socket.pause() : socket.resume()),
    drop: () => socket.destroy(),
  };

  const greet = (line: string): void => {
    const hello = hookHello.safeParse(parseJson(line));
    if (!hello.success) {
      refuse("invalid_message", describe(hello.error));
      return;
    }
    if (!sameToken(hello.data.token, options.token)) {
      refuse("unauthorized", "wrong token");
      return;
    }
    const last = options.recordedUpTo(hello.data.session);
    state = { kind: "open", session: hello.data.session, last };
    socket.setTimeout(0);
    options.welcome(connection);
    send({ type: "ready", last_n: last ?? 0 });
  };

  const take = (line: string, open: Extract<State, { kind: "open" }>): void => {
    const parsed = hookMessage.safeParse(parseJson(line));
    if (!parsed.success) {
      refuse("invalid_message", describe(parsed.error));
      return;
    }
    const { n } = parsed.data;
    if (open.last !== null && n <= open.last) return;
    open.last = n;
    options.receive({ connection, session: open.session, message: parsed.data, bytes: line.length });
  };

  socket.setNoDelay(true);
  socket.setTimeout(HELLO_TIMEOUT_MS, () => socket.destroy());
  socket.on("error", () => undefined);
  socket.on("close", () => {
    state = { kind: "over" };
    options.goodbye(connection);
  });
  socket.on("data", (bytes: Buffer) => {
    const { lines, tooLong } = splitter.write(bytes, state.kind === "greeting" ? HELLO_LINE_MAX : HOOK_LINE_MAX);
    for (const line of lines) {
      if (state.kind === "greeting") greet(line);
      else if (state.kind === "open") take(line, state);
    }
    if (tooLong && state.kind !== "over") refuse("line_too_long", "a line is longer than this agent takes");
  });
  return connection;
}

/** Compares digests, so that neither the content nor the length of the token shows in the time it takes. */
function sameToken(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
