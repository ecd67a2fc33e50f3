import { Connection } from "./connection.ts";
import type { ConnectOptions } from "./options.ts";

export type { CommandAnswer } from "./command-answers.ts";
export type { Connection } from "./connection.ts";
export { type Answer, type Api, type ApiOptions, createApi, type EventQuery } from "./http.ts";
export type { ConnectOptions, SocketLike } from "./options.ts";
export { type PositionStore, rememberIn } from "./position-keeper.ts";
export type { Received, RunEvent } from "./received.ts";
export type { LinkState, Reason } from "./state.ts";

/**
 * Connects to a run as a viewer, in batched mode, and stays connected until {@link Connection.close} or a refusal for good.
 * Runs in browsers and in Node 20 and newer (Node 22 and newer has a `WebSocket`; give one of `ws` to older ones).
 *
 * @example
 * const connection = connect({ url: "http://127.0.0.1:8787", run: "r1", token, onEvent: (event) => console.log(event.offset, event.type) });
 * for await (const received of connection) if (received.kind === "event" && received.event.type === "log") console.log(received.event.message);
 */
export function connect(options: ConnectOptions): Connection {
  return new Connection(options);
}
