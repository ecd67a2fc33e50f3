import type { RoomMessage, StoredEvent, Welcome } from "../protocol/index.ts";
import type { PositionStore } from "./position-keeper.ts";
import type { RunEvent } from "./received.ts";
import type { LinkState } from "./state.ts";

/** What is used of a WebSocket: the browser's, Node's, or `ws`. */
export type SocketLike = {
  send(text: string): void;
  close(code?: number): void;
  readonly readyState: number;
  /** Of `ws` alone: ends the connection without waiting for the other end. */
  terminate?(): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: unknown }) => void): void;
  addEventListener(type: "error", listener: () => void): void;
};

export type ConnectOptions = {
  /** The relay: http, https, ws or wss. */
  url: string;
  run: string;
  /** The credentials, or where to get them: a function is asked before every connection, and before the token ends (AC4). Without one the browser's cookie counts. */
  token?: string | null | (() => Promise<string | null>);
  /** Event types; every type without it. */
  events?: readonly string[];
  /** A position `<log_id>:<offset>` to go on from: for a program that has kept what it made of everything before. */
  since?: string;
  /** Keeps the position, and gives `since` where that is absent: for a page that keeps what it made of the events, too. */
  remember?: PositionStore;
  /** Most events replayed where there is no position to go on from. */
  replay?: number;
  /** `recovered: false` (the first one, too): begin anew from `welcome.snapshot`. `recovered: true`: nothing was missed. */
  onWelcome?: (welcome: Welcome) => void;
  /** Each once, in order. */
  onEvent?: (event: RunEvent) => void;
  /** Events of types that this version does not know, in their place among the others. */
  onOther?: (event: StoredEvent) => void;
  onState?: (state: LinkState) => void;
  /** Answers to what was sent: subscriptions, commands, errors. */
  onAnswer?: (message: RoomMessage) => void;
  /** Where there is none in the environment, or to use another. */
  WebSocket?: new (
    url: string,
    protocols: string[],
  ) => SocketLike;
  fetch?: typeof fetch;
};
