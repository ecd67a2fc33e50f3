import {
  ALL_EVENTS,
  BATCHED_SUBPROTOCOL,
  BEARER_SUBPROTOCOL_PREFIX,
  type CommandRequest,
  type Position,
  parsePosition,
  type RoomMessage,
  type Welcome,
} from "../protocol/index.ts";
import { socketAddress } from "./address.ts";
import { type CommandAnswer, CommandAnswers } from "./command-answers.ts";
import { NOTHING_DELIVERED } from "./delivery.ts";
import { readFrame } from "./frame.ts";
import { Inbox } from "./inbox.ts";
import { advance, startLink } from "./link.ts";
import type { Effect, Input, Link } from "./link-types.ts";
import { dueAt, linkState } from "./link-view.ts";
import type { ConnectOptions, SocketLike } from "./options.ts";
import { type Received, receivedEvent } from "./received.ts";
import type { LinkState } from "./state.ts";
import { askWhy, verdictOf } from "./verdict.ts";

/** What may stand in a subprotocol, and in a JWT: anything else makes the WebSocket constructor throw. */
const TOKEN_TEXT = /^[A-Za-z0-9._~+-]+$/;

/**
 * A viewer's connection to one run: the wiring around the pure machine in `link.ts`. It reconnects by itself, resumes where it was, and
 * hands each event on once and in order. Read it by callbacks, by `for await (const received of connection)`, or both.
 */
export class Connection implements AsyncIterable<Received> {
  readonly #options: ConnectOptions;
  readonly #Socket: NonNullable<ConnectOptions["WebSocket"]>;
  readonly #commands = new CommandAnswers();
  #link: Link;
  #told: LinkState | null = null;
  #socket: SocketLike | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #inbox: Inbox | null = null;
  #heldAck: number | null = null;
  #events: string[];
  /** What the room was asked for when the socket was opened. */
  #asked: readonly string[] = [];
  #token: string | null = null;
  #role: Welcome["role"] | null = null;

  constructor(options: ConnectOptions) {
    // An address that is none is the caller's mistake, told at once.
    socketAddress(options.url, "/");
    const Socket = options.WebSocket ?? globalThis.WebSocket;
    if (Socket === undefined) throw new TypeError("there is no WebSocket in this environment: give one as `WebSocket`");
    this.#Socket = Socket;
    this.#options = options;
    this.#events = [...(options.events ?? [ALL_EVENTS])];
    const since = options.since ? parsePosition(options.since) : null;
    const begun = startLink(Date.now(), options.replay !== 0, since === null ? NOTHING_DELIVERED : { kind: "at", ...since });
    this.#link = begun.link;
    // Callbacks come after `connect` has returned, so that they may use the connection.
    queueMicrotask(() => this.#run(begun.effects));
  }

  get state(): LinkState {
    return linkState(this.#link, Date.now());
  }

  /** Where this viewer is: what `since` takes. Null until something arrived. */
  get position(): Position | null {
    const { delivery } = this.#link;
    return delivery.kind === "at" ? { log_id: delivery.log_id, offset: delivery.offset } : null;
  }

  /** The role that the relay last granted; null before the first welcome. */
  get role(): Welcome["role"] | null {
    return this.#role;
  }

  /** Adds event types, now and after every reconnect; nothing is replayed. `"*"` is every type. */
  subscribe(...events: string[]): void {
    this.#events = [...new Set([...this.#events, ...events])];
    if (this.#sendLive({ type: "subscribe", events })) this.#asked = this.#events;
  }

  unsubscribe(...events: string[]): void {
    this.#events = this.#events.filter((name) => !events.includes(name));
    if (this.#sendLive({ type: "unsubscribe", events })) this.#asked = this.#events;
  }

  /**
   * Sends a command. Without a live link it fails at once (`offline`): a stop must not go off later, when nobody expects it any more.
   * @returns the room's first answer; what becomes of the command comes as `command_status` events
   */
  command(request: CommandRequest): Promise<CommandAnswer> {
    if (!this.#sendLive({ type: "command", ...request })) {
      return Promise.resolve({ ok: false, id: request.id, code: "offline", message: "there is no connection to the relay" });
    }
    return this.#commands.wait(request.id);
  }

  /** Looks at once whether the link still works, and tries at once where it is waiting: for a page that was woken, or an `online` event. */
  check(): void {
    this.#input({ kind: "check" });
  }

  close(): void {
    this.#input({ kind: "close" });
  }

  /** Everything from now on, in order, until the connection is closed for good. One reader. */
  [Symbol.asyncIterator](): AsyncIterator<Received, void, undefined> {
    this.#inbox ??= new Inbox(() => this.#releaseAck());
    if (this.#link.phase.kind === "closed") this.#inbox.end();
    return this.#inbox[Symbol.asyncIterator]();
  }

  #input(input: Input): void {
    const { link, effects } = advance(this.#link, input, { now: Date.now(), random: Math.random() });
    this.#link = link;
    this.#run(effects);
  }

  #run(effects: readonly Effect[]): void {
    try {
      for (const effect of effects) this.#perform(effect);
    } finally {
      // Whatever a user's callback threw: the link goes on.
      this.#schedule();
      this.#tellState();
    }
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "open":
        void this.#open(effect.since, this.#link);
        return;
      case "abandon":
        this.#abandon();
        return;
      case "explain":
        void this.#explain();
        return;
      case "renew":
        void this.#renew();
        return;
      case "ack":
        // An unread inbox must not be told to the room as read: it would send more, without bound.
        if (this.#inbox?.full) this.#heldAck = effect.through;
        else this.#sendLive({ type: "ack", through: effect.through });
        return;
      case "probe":
        this.#socket?.send(effect.text);
        return;
      case "welcome":
        this.#role = effect.welcome.role;
        this.#alignSubscription();
        this.#hand({ kind: "welcome", welcome: effect.welcome });
        return;
      case "deliver":
        for (const event of effect.events) {
          if (this.#link.phase.kind === "closed") return;
          this.#hand(receivedEvent(event));
        }
        return;
      case "answer":
        this.#answer(effect.message);
        return;
    }
  }

  async #open(since: string | null, wanted: Link): Promise<void> {
    this.#abandon();
    this.#token = await this.#readToken();
    // Closed, or overtaken by another try, while the token was being fetched.
    if (this.#link.phase !== wanted.phase) return;
    const { url, run, replay } = this.#options;
    if (this.#token !== null && !TOKEN_TEXT.test(this.#token)) {
      const reason = { code: "unauthorized", message: "this is not a token" };
      this.#input({ kind: "verdict", verdict: { kind: "stop", reason } });
      return;
    }
    this.#asked = this.#events;
    const query: Record<string, string> = { events: this.#events.join(",") };
    if (since !== null) query.since = since;
    if (replay !== undefined) query.replay = String(replay);
    const protocols = [BATCHED_SUBPROTOCOL];
    if (this.#token !== null) protocols.push(`${BEARER_SUBPROTOCOL_PREFIX}${this.#token}`);
    const socket: SocketLike = new this.#Socket(socketAddress(url, `/runs/${encodeURIComponent(run)}/ws`, query), protocols);
    this.#socket = socket;
    // Each listener minds only the socket of the present try.
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket !== socket) return;
      const frame = readFrame(data);
      if (frame !== "unknown") this.#input({ kind: "message", message: frame, bytes: typeof data === "string" ? data.length : 0 });
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#commands.lost();
      this.#input({ kind: "socket_closed", code, reason: String(reason) });
    });
    // A close always follows; without a listener Node's `ws` would throw.
    socket.addEventListener("error", () => undefined);
  }

  #abandon(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#heldAck = null;
    this.#commands.lost();
    socket?.close(1000);
  }

  async #explain(): Promise<void> {
    const verdict = verdictOf(await askWhy(this.#options, this.#token));
    if (this.#link.phase.kind === "asking") this.#input({ kind: "verdict", verdict });
  }

  async #renew(): Promise<void> {
    const before = this.#token;
    const token = await this.#readToken();
    if (this.#link.phase.kind === "renewing") this.#input({ kind: "token", fresh: token !== null && token !== before });
  }

  async #readToken(): Promise<string | null> {
    const { token } = this.#options;
    if (typeof token !== "function") return token ?? null;
    return (await token().catch(() => null)) ?? null;
  }

  #hand(received: Received): void {
    this.#inbox?.push(received);
    if (received.kind === "welcome") this.#options.onWelcome?.(received.welcome);
    else if (received.kind === "event") this.#options.onEvent?.(received.event);
    else this.#options.onOther?.(received.event);
  }

  #answer(message: RoomMessage): void {
    if (message.type === "command_ack") this.#commands.acknowledged(message.id, message.state);
    else if (message.type === "error")
      this.#commands.refused(typeof message.id === "string" ? message.id : null, message.code, message.message);
    this.#options.onAnswer?.(message);
  }

  /** Subscriptions that changed between asking for the socket and its welcome. */
  #alignSubscription(): void {
    const added = this.#events.filter((name) => !this.#asked.includes(name));
    const removed = this.#asked.filter((name) => !this.#events.includes(name));
    this.#asked = this.#events;
    if (removed.length > 0) this.#sendLive({ type: "unsubscribe", events: removed });
    if (added.length > 0) this.#sendLive({ type: "subscribe", events: added });
  }

  #sendLive(message: unknown): boolean {
    if (this.#link.phase.kind !== "live" || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #releaseAck(): void {
    if (this.#heldAck !== null) this.#sendLive({ type: "ack", through: this.#heldAck });
    this.#heldAck = null;
  }

  #schedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const due = dueAt(this.#link, Date.now());
    this.#timer = due === null ? null : setTimeout(() => this.#input({ kind: "tick" }), Math.max(0, due - Date.now()));
  }

  #tellState(): void {
    const state = this.state;
    if (JSON.stringify(state) === JSON.stringify(this.#told)) return;
    this.#told = state;
    if (state.kind === "closed") this.#inbox?.end();
    this.#options.onState?.(state);
  }
}
