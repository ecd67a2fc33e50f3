import {
  type CommandRequest,
  commandRequest,
  describe,
  type Position,
  parsePosition,
  type RoomMessage,
  type Welcome,
} from "../protocol/index.ts";
import { socketAddress } from "./address.ts";
import { Callbacks } from "./callbacks.ts";
import { type CommandAnswer, CommandAnswers } from "./command-answers.ts";
import { NOTHING_DELIVERED } from "./delivery.ts";
import { readFrame } from "./frame.ts";
import { guarded } from "./guarded.ts";
import { Inbox } from "./inbox.ts";
import { advance, startLink } from "./link.ts";
import type { Effect, Input, Link } from "./link-types.ts";
import { dueAt, linkState } from "./link-view.ts";
import type { ConnectOptions, SocketLike } from "./options.ts";
import { PositionKeeper } from "./position-keeper.ts";
import { type Received, receivedEvent } from "./received.ts";
import { openSocket, watchClosing } from "./socket.ts";
import type { LinkState } from "./state.ts";
import { Subscription } from "./subscription.ts";
import { TokenOffer } from "./token-offer.ts";
import { askWhy, verdictOf } from "./verdict.ts";

/**
 * A viewer's connection to one run: the wiring around the pure machine in `link.ts`. It reconnects by itself, resumes where it was, and
 * hands each event on once and in order. Read it by callbacks, by `for await (const received of connection)`, or both.
 */
export class Connection implements AsyncIterable<Received> {
  readonly #options: ConnectOptions;
  readonly #callbacks: Callbacks;
  readonly #Socket: NonNullable<ConnectOptions["WebSocket"]>;
  readonly #commands = new CommandAnswers();
  readonly #subscription: Subscription;
  readonly #keeper: PositionKeeper | null;
  #link: Link;
  #told: LinkState | null = null;
  #socket: SocketLike | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #inbox: Inbox | null = null;
  #token: string | null = null;
  readonly #offer = new TokenOffer();
  #willAlign = false;
  #role: Welcome["role"] | null = null;

  constructor(options: ConnectOptions) {
    // An address that is none is the caller's mistake, told at once.
    socketAddress(options.url, "/");
    const Socket = options.WebSocket ?? globalThis.WebSocket;
    if (Socket === undefined) throw new TypeError("there is no WebSocket in this environment: give one as `WebSocket`");
    this.#Socket = Socket;
    this.#options = options;
    this.#callbacks = new Callbacks(options);
    this.#subscription = new Subscription(options.events);
    this.#keeper = options.remember === undefined ? null : new PositionKeeper(options.remember, () => this.position);
    const given = options.since ?? this.#keeper?.load() ?? "";
    const since = parsePosition(given);
    const begun = startLink(Date.now(), options.replay !== 0, since === null ? NOTHING_DELIVERED : { kind: "at", ...since });
    this.#link = begun.link;
    // Callbacks come after `connect` has returned, so that they may use the connection.
    queueMicrotask(() => this.#run(begun.effects));
  }

  get state(): LinkState {
    return linkState(this.#link, Date.now());
  }

  /**
   * Where this viewer is: what `since` takes, formatted. Of an iterator that has not read everything: behind the last that it has read.
   * Null until something arrived.
   */
  get position(): Position | null {
    const read = this.#inbox?.at;
    return read === undefined ? this.#delivered : read;
  }

  /** The role that the relay last granted; null before the first welcome. */
  get role(): Welcome["role"] | null {
    return this.#role;
  }

  /** Adds event types, now and after every reconnect; nothing is replayed. `"*"` is every type. */
  subscribe(...events: string[]): void {
    this.#subscription.add(events);
    this.#alignSoon();
  }

  unsubscribe(...events: string[]): void {
    this.#subscription.remove(events);
    this.#alignSoon();
  }

  /**
   * Sends a command. Without a live link it fails at once (`offline`): a stop must not go off later, when nobody expects it any more.
   * @returns the room's first answer; what becomes of the command comes as `command_status` events
   */
  command(request: CommandRequest): Promise<CommandAnswer> {
    const checked = commandRequest.safeParse(request);
    // The room would say so too, but could not say of which command.
    if (!checked.success) {
      return Promise.resolve({ ok: false, id: request.id, code: "invalid_message", message: describe(checked.error) });
    }
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

  /** Everything from now on, in order, until the connection is closed for good. One reader; another may follow when it has left. */
  [Symbol.asyncIterator](): AsyncIterator<Received, void, undefined> {
    this.#inbox ??= new Inbox(
      this.#delivered,
      (behind) => this.#input({ kind: "reader", behind }),
      () => {
        this.#inbox = null;
      },
    );
    if (this.#link.phase.kind === "closed") this.#inbox.end();
    return this.#inbox;
  }

  get #delivered(): Position | null {
    const { delivery } = this.#link;
    return delivery.kind === "at" ? { log_id: delivery.log_id, offset: delivery.offset } : null;
  }

  #input(input: Input): void {
    const { link, effects } = advance(this.#link, input, { now: Date.now(), random: Math.random() });
    this.#link = link;
    this.#run(effects);
  }

  #run(effects: readonly Effect[]): void {
    for (const effect of effects) this.#perform(effect);
    this.#schedule();
    this.#tellState();
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "open":
        // Unless it was closed before it began.
        if (this.#link.phase.kind === "opening") void this.#open(effect.since, this.#link);
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
      case "refresh":
        void this.#refresh();
        return;
      case "ack":
        if (this.#link.behind) this.#input({ kind: "held", through: effect.through });
        else this.#sendLive({ type: "ack", through: effect.through });
        return;
      case "probe":
        this.#socket?.send(effect.text);
        return;
      case "welcome":
        this.#role = effect.welcome.role;
        // Subscriptions that changed between asking for the socket and its welcome.
        this.#align();
        this.#hand({ kind: "welcome", welcome: effect.welcome }, 0, this.#delivered);
        return;
      case "deliver":
        for (const event of effect.events) {
          if (this.#link.phase.kind === "closed") return;
          this.#hand(receivedEvent(event), effect.bytes / effect.events.length, this.#placeOf(event.offset));
        }
        this.#keeper?.moved();
        return;
      case "answer":
        this.#answer(effect.message);
        return;
    }
  }

  async #open(since: string | null, wanted: Link): Promise<void> {
    this.#abandon();
    const token = await this.#readToken();
    // Closed, or overtaken by another try, while the token was being fetched.
    if (this.#link.phase !== wanted.phase) return;
    if (token === undefined) return this.#input({ kind: "token", answer: "unavailable" });
    this.#token = token;
    const opened = openSocket(this.#Socket, this.#options, { token, events: this.#subscription.ask(), since });
    if (!opened.ok) return this.#input({ kind: "verdict", verdict: { kind: "stop", reason: opened.reason } });
    const { socket } = opened;
    this.#socket = socket;
    const closed = (code: number, reason: string) => {
      endWatch();
      // Each listener minds only the socket of the present try.
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#offer.lost();
      this.#commands.lost();
      this.#input({ kind: "socket_closed", code, reason });
    };
    const endWatch = watchClosing(socket, () => closed(1006, ""));
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket !== socket) return;
      const frame = readFrame(data);
      if (frame !== "unknown") this.#input({ kind: "message", message: frame, bytes: typeof data === "string" ? data.length : 0 });
    });
    socket.addEventListener("close", ({ code, reason }) => closed(code, String(reason)));
    // A close always follows; without a listener Node's `ws` would throw.
    socket.addEventListener("error", () => undefined);
  }

  #abandon(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#offer.lost();
    this.#commands.lost();
    socket?.close(1000);
  }

  async #explain(): Promise<void> {
    const verdict = verdictOf(await askWhy(this.#options, this.#token));
    if (this.#link.phase.kind === "asking") this.#input({ kind: "verdict", verdict });
  }

  /** AC4: says that whoever gives the token has another one: a live connection goes on with it, where the room takes it. */
  renew(): void {
    if (this.#link.phase.kind === "live") void this.#refresh();
  }

  async #renew(): Promise<void> {
    const before = this.#token;
    const { phase } = this.#link;
    const token = await this.#readToken();
    if (this.#link.phase !== phase) return;
    if (token === undefined) this.#input({ kind: "token", answer: "unavailable" });
    else this.#input({ kind: "token", answer: token !== null && token !== before ? "fresh" : "same" });
  }

  /** AC4: offers the room a newer token, where there is one. Refused, the link goes on with the one that it has. */
  async #refresh(): Promise<void> {
    const socket = this.#socket;
    if (typeof this.#options.token !== "function" || this.#offer.isOpen) return;
    const token = await this.#readToken();
    if (typeof token !== "string" || token === this.#token || this.#offer.hasRefused(token) || this.#socket !== socket) return;
    if (this.#sendLive({ type: "refresh", token })) this.#offer.sent(token);
  }

  /** @returns undefined where whoever gives it failed, which says nothing about the credentials */
  async #readToken(): Promise<string | null | undefined> {
    const { token } = this.#options;
    if (typeof token !== "function") return token ?? null;
    try {
      return (await token()) ?? null;
    } catch {
      return undefined;
    }
  }

  #placeOf(offset: number): Position | null {
    const { log_id } = this.#link.delivery;
    return log_id === null ? null : { log_id, offset };
  }

  #hand(received: Received, bytes: number, at: Position | null): void {
    this.#inbox?.push(received, bytes, at);
    this.#callbacks.received(received);
  }

  #answer(message: RoomMessage): void {
    if (message.type === "command_ack") this.#commands.acknowledged(message.id, message.state);
    else if (message.type === "refreshed") this.#token = this.#offer.accepted() ?? this.#token;
    // An error about a command says of which.
    else if (message.type === "error" && this.#offer.isOpen && message.id === undefined) this.#offer.refused(message.code);
    else if (message.type === "error")
      this.#commands.refused(typeof message.id === "string" ? message.id : null, message.code, message.message);
    this.#callbacks.answer(message);
  }

  /** Changes of one moment go out together: a page that subscribes in a loop must not meet the room's limit of messages. */
  #alignSoon(): void {
    if (this.#willAlign) return;
    this.#willAlign = true;
    queueMicrotask(() => {
      this.#willAlign = false;
      this.#align();
    });
  }

  #align(): void {
    if (this.#link.phase.kind === "live") for (const message of this.#subscription.messages()) this.#sendLive(message);
  }

  #sendLive(message: unknown): boolean {
    if (this.#link.phase.kind !== "live" || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
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
    if (state.kind === "closed") {
      this.#inbox?.end();
      guarded(() => this.#keeper?.end());
    }
    this.#callbacks.state(state);
  }
}
