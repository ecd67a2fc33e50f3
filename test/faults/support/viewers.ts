import { WebSocket } from "ws";
import { connect } from "../../../client/index.ts";
import { type AnyEvent, BATCHED_SUBPROTOCOL, PLAIN_SUBPROTOCOL, type RoomMessage } from "../../../protocol/index.ts";
import { type Held, hold, type Mark } from "./ledger.ts";

/** Where a viewer connects. `at` is the relay's address, or a proxy's; `since` a position to begin from. */
export type Seat = { at: string; run: string; token: string | (() => Promise<string>); since?: string };

/** A viewer and what it holds. Times are `performance.now()`. */
export type Viewer = {
  readonly kind: "plain" | "batched" | "client";
  /** What arrived, in the order in which it did. Cleared when the viewer was told to start over. */
  readonly held: Held[];
  /** When each event that is held arrived. */
  readonly arrivals: number[];
  /** When each was made, by its timestamp, in milliseconds since 1970; by offset. */
  readonly madeAt: ReadonlyMap<number, number>;
  readonly welcomes: { at: number; recovered: boolean; log_id: string }[];
  /** How often it was told to start over. */
  startedOver(): number;
  /** The close codes of its connections. */
  readonly closes: number[];
  /** The present socket. */
  socket(): WebSocket | null;
  close(): void;
};

const RETRY_MS = 250;

/** The `client/` library, as a program would use it. */
export function watchClient({ at, run, token, since }: Seat): Viewer {
  const notes = notebook();
  let socket: WebSocket | null = null;
  const connection = connect({
    url: at,
    run,
    token,
    ...(since === undefined ? {} : { since }),
    WebSocket: class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        socket = this;
        this.on("close", (code) => notes.closes.push(code));
      }
    },
    onWelcome: notes.welcome,
    onEvent: notes.event,
    onOther: notes.event,
  });
  return { kind: "client", ...notes, socket: () => socket, close: () => connection.close() };
}

type RawSeat = Seat & { token: string };

/** Clients written from the protocol's documents alone: they come back with the position that they have, and acknowledge where one can. */
export const watchBatched = (seat: RawSeat): Viewer => watchRaw("batched", seat);
export const watchPlain = (seat: RawSeat): Viewer => watchRaw("plain", seat);

const ACK_EVERY_BYTES = 128 * 1024;

function watchRaw(kind: "plain" | "batched", { at, run, token, since }: RawSeat): Viewer {
  const notes = notebook();
  let [log_id, offset] = since === undefined ? [null, 0] : [since.split(":")[0] ?? null, Number(since.split(":")[1])];
  let socket: WebSocket;
  let over = false;
  let unacked = 0;

  const open = (): void => {
    const url = new URL(`${at.replace(/^http/, "ws")}/runs/${run}/ws?events=*`);
    if (log_id !== null) url.searchParams.set("since", `${log_id}:${offset}`);
    const protocol = kind === "plain" ? PLAIN_SUBPROTOCOL : BATCHED_SUBPROTOCOL;
    socket = new WebSocket(url, protocol, { headers: { authorization: `Bearer ${token}` } });
    socket.on("message", (data) => take(String(data)));
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      notes.closes.push(code);
      if (!over) setTimeout(open, RETRY_MS);
    });
  };
  const take = (text: string): void => {
    const message = JSON.parse(text) as RoomMessage | (AnyEvent & { offset: number });
    if (message.type === "welcome") {
      const welcome = message as Extract<RoomMessage, { type: "welcome" }>;
      if (!welcome.recovered) offset = welcome.last_offset;
      log_id = welcome.log_id;
      unacked = 0;
      // The runtime lets go of a connection that it closed at once only where the viewer has said something before.
      socket.send('{"type":"ping"}');
      notes.welcome(welcome);
    } else if (message.type === "renumbered") {
      const renumbered = message as Extract<RoomMessage, { type: "renumbered" }>;
      if (offset < renumbered.from) log_id = renumbered.log_id;
    } else if (message.type === "batch") {
      const batch = message as Extract<RoomMessage, { type: "batch" }>;
      for (const event of batch.events) notes.event(event);
      offset = batch.through;
      unacked += text.length;
      if (unacked >= ACK_EVERY_BYTES) {
        socket.send(JSON.stringify({ type: "ack", through: batch.through }));
        unacked = 0;
      }
    } else if ("offset" in message && typeof message.offset === "number") {
      notes.event(message as AnyEvent);
      offset = message.offset;
    }
  };
  open();
  const close = () => {
    over = true;
    socket.close();
  };
  return { kind, ...notes, socket: () => socket, close };
}

function notebook() {
  const held: Held[] = [];
  const arrivals: number[] = [];
  const madeAt = new Map<number, number>();
  const closes: number[] = [];
  const welcomes: Viewer["welcomes"] = [];
  let startedOver = 0;
  return {
    held,
    arrivals,
    madeAt,
    closes,
    welcomes,
    startedOver: () => startedOver,
    welcome: ({ recovered, log_id }: { recovered: boolean; log_id: string }): void => {
      if (!recovered && held.length > 0) {
        startedOver += 1;
        held.length = 0;
        arrivals.length = 0;
      }
      welcomes.push({ at: performance.now(), recovered, log_id });
    },
    event: (event: AnyEvent): void => {
      held.push(hold(event));
      arrivals.push(performance.now());
      madeAt.set(event.offset ?? 0, Date.parse(event.timestamp ?? ""));
    },
  };
}

/** @returns when the viewer had an event of the stream with this number or a later one, or null where it has none */
export function arrivalOf({ held, arrivals }: Viewer, { stream, n }: Mark): number | null {
  const index = held.findIndex(({ mark }) => mark?.stream === stream && mark.n >= n);
  return arrivals[index] ?? null;
}

/** @returns the highest number of the stream that the viewer has, 0 for none */
export function newestOf({ held }: Viewer, stream: string): number {
  return held.findLast(({ mark }) => mark?.stream === stream)?.mark?.n ?? 0;
}
