import { DurableObject } from "cloudflare:workers";
import {
  type CommandRequest,
  ERRORS,
  failure,
  KEEPALIVE_REPLY,
  KEEPALIVE_SEND,
  type Result,
  VIEWERS_PER_RUN,
} from "../../protocol/index.ts";
import type { Env } from "../env.ts";
import { errorResponse } from "../http/errors.ts";
import { createLog, type Log, thrown } from "../log.ts";
import type { AgentSocket } from "./agent-desk.ts";
import { refuseAllButHello } from "./agent-frame.ts";
import { loadCodec } from "./codecs.ts";
import type { EventQuery } from "./event-page.ts";
import { frameSize } from "./frame.ts";
import { Room } from "./room.ts";
import { SendWindow } from "./send-window.ts";
import type { AgentAttachment, Attachment, SocketPort, ViewerAttachment } from "./sockets.ts";
import { RoomStore } from "./store.ts";
import { viewerTags } from "./subscription.ts";
import { UPGRADE_HEADER, type Upgrade } from "./upgrade.ts";
import type { Viewer } from "./viewers.ts";

/** A socket, with what it remembers. */
type Known = { socket: WebSocket; attachment: Attachment | null };
type Peer = { kind: "viewer"; viewer: Viewer } | { kind: "agent"; agent: AgentSocket };

/** One run as a Durable Object: wiring between the platform and {@link Room}. No timer, no `accept()`: it hibernates with its sockets. */
export class RunRoom extends DurableObject<Env> {
  readonly #store: RoomStore;
  readonly #logger: Log;
  readonly #peers = new Map<WebSocket, Peer>();
  #room: Room | null = null;
  #alarmAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#logger = createLog(env.RUNCAST_LOG_LEVEL, { object: "room" });
    this.#store = new RoomStore(ctx.storage);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(KEEPALIVE_SEND, KEEPALIVE_REPLY));
    if (!this.#store.open()) return;
    const sockets = this.#sockets();
    const modes = new Set(sockets.flatMap(({ attachment }) => (attachment?.kind === "viewer" ? [attachment.mode] : [])));
    // Whatever arrives waits meanwhile.
    void ctx.blockConcurrencyWhile(async () => {
      await Promise.all([...modes].map(loadCodec));
      this.#room = this.#wake(sockets);
    });
  }

  /** An upgrade that the Worker has checked; who comes stands in {@link UPGRADE_HEADER}. */
  override async fetch(request: Request): Promise<Response> {
    const upgrade = JSON.parse(request.headers.get(UPGRADE_HEADER) ?? "null") as Upgrade | null;
    if (upgrade === null) return errorResponse("upgrade_required");
    return upgrade.kind === "agent" ? this.#acceptAgent(upgrade) : this.#acceptViewer(upgrade);
  }

  override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    if (!this.#room && !this.#begin(socket, frame)) return;
    const peer = this.#peers.get(socket);
    if (!peer || !this.#room) return;
    this.#room.core.counters.received(frameSize(frame));
    try {
      if (peer.kind === "agent") this.#room.agent.receive(peer.agent, frame, Date.now());
      else this.#room.viewers.receive(peer.viewer, frame, Date.now());
    } catch (error) {
      this.#logger("error", "a message failed", { run: this.#room.core.run, ...thrown(error) });
      this.#recover(socket);
    }
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    this.#forget(socket, code === 1000);
    // The close handshake is ours in these handlers; codes that stand for "no close frame" must not be echoed.
    const echo = code === 1005 || code === 1006 || code === 1015 ? 1000 : code;
    socketPort(socket).close(echo, reason);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#forget(socket, false);
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    this.#room?.wake(Date.now());
  }

  // Reads, called by the Worker's routes. `null`: there is no such run. JSON text: the shapes are those of protocol/http.ts.

  async summary(): Promise<string | null> {
    return this.#room && JSON.stringify(this.#room.summary());
  }
  async detail(): Promise<string | null> {
    return this.#room && JSON.stringify(this.#room.detail());
  }
  async events(query: EventQuery): Promise<string | null> {
    return this.#room && JSON.stringify(this.#room.events(query));
  }
  async samples(): Promise<string | null> {
    return this.#room && JSON.stringify(this.#room.samples());
  }
  async sample(sampleId: string): Promise<string | null> {
    return this.#room && JSON.stringify(this.#room.sample(sampleId));
  }
  async commands(): Promise<string | null> {
    return this.#room && JSON.stringify(this.#room.commands.records());
  }
  async status(): Promise<string | null> {
    return this.#room && JSON.stringify(this.#room.status());
  }
  async command(request: CommandRequest, by: string): Promise<Result<string>> {
    return this.#room ? { ok: true, value: this.#room.commands.request(request, by, Date.now()) } : failure("run_not_found");
  }

  async #acceptViewer(upgrade: Extract<Upgrade, { kind: "viewer" }>): Promise<Response> {
    await loadCodec(upgrade.mode);
    const room = this.#room;
    if (!room) return errorResponse("run_not_found");
    const admitted = room.admit(VIEWERS_PER_RUN);
    if (!admitted.ok) return errorResponse(admitted.code, admitted.message);
    const { identity, mode, subscription, wish, protocol } = upgrade;
    const pair = new WebSocketPair();
    this.ctx.acceptWebSocket(pair[1], viewerTags(identity.role, subscription));
    const attachment = {
      kind: "viewer" as const,
      ...identity,
      client_id: crypto.randomUUID(),
      mode,
      subscription,
      joined_at: 0,
      behind_at: null,
    };
    const viewer = room.viewers.join(socketPort(pair[1]), attachment, wish, Date.now());
    this.#peers.set(pair[1], { kind: "viewer", viewer });
    return switching(pair[0], protocol);
  }

  #acceptAgent(upgrade: Extract<Upgrade, { kind: "agent" }>): Response {
    const pair = new WebSocketPair();
    this.ctx.acceptWebSocket(pair[1], ["agent"]);
    const attachment: AgentAttachment = {
      kind: "agent",
      run: upgrade.run,
      ...upgrade.identity,
      client_id: crypto.randomUUID(),
      life: null,
      sent_through: 0,
      heard_at: 0,
      demand: null,
    };
    const agent: AgentSocket = { socket: socketPort(pair[1]), attachment };
    agent.socket.remember(attachment);
    this.#peers.set(pair[1], { kind: "agent", agent });
    this.#room?.agent.add(agent);
    return switching(pair[0], upgrade.protocol);
  }

  /** A run comes into being when an agent says hello. @returns whether it has now */
  #begin(socket: WebSocket, frame: string | ArrayBuffer): boolean {
    const attachment = socket.deserializeAttachment() as Attachment | null;
    if (attachment?.kind !== "agent") return false;
    const refused = refuseAllButHello(frame);
    if (refused !== null) {
      const port = socketPort(socket);
      port.send(JSON.stringify({ type: "error", timestamp: new Date().toISOString(), code: refused.code, message: refused.message }));
      const close = ERRORS[refused.code].close;
      if (close !== null) port.close(close, refused.message);
      return false;
    }
    Room.create(this.#store, attachment.run, Date.now());
    this.#room = this.#wake(this.#sockets());
    this.#logger("info", "run created", { run: attachment.run });
    return true;
  }

  /** Builds the room from storage and from the sockets that hibernated with it. */
  #wake(sockets: readonly Known[]): Room {
    const known = sockets.filter(({ socket }) => socket.readyState === WebSocket.OPEN);
    let told: number | null = null;
    // Of one that is just closing, too: it knows what viewers were sent.
    for (const { attachment } of sockets) if (attachment?.kind === "agent" && attachment.life !== null) told = attachment.sent_through;
    const room = new Room({
      store: this.#store,
      storage: this.ctx.storage,
      effects: {
        alarm: (at) => this.#setAlarm(at),
        listed: (summary) => this.#tellDirectory(summary.run, JSON.stringify(summary)),
        newId: () => crypto.randomUUID().replaceAll("-", ""),
      },
      logger: this.#logger,
      told,
      clock: Date.now,
    });
    room.agent.watch.keepaliveAt = () => this.#keepaliveAt(room.agent.active);
    const through = Math.max(told ?? 0, room.core.log.lastOffset);
    for (const { socket, attachment } of known) {
      if (attachment?.kind === "viewer") {
        const viewer = wokenViewer(socketPort(socket), attachment, through, Date.now());
        room.core.viewers.add(viewer, Date.now());
        this.#peers.set(socket, { kind: "viewer", viewer });
      } else if (attachment?.kind === "agent") {
        const agent: AgentSocket = { socket: socketPort(socket), attachment };
        room.agent.add(agent);
        this.#peers.set(socket, { kind: "agent", agent });
      }
    }
    // Who watches may have changed while the room slept.
    room.agent.viewersChanged();
    return room;
  }

  #sockets(): Known[] {
    return this.ctx.getWebSockets().map((socket) => ({ socket, attachment: socket.deserializeAttachment() as Attachment | null }));
  }

  /** Storage failed in the middle of something: what is in memory may be ahead of it, so the room starts again from what is stored. */
  #recover(failed: WebSocket): void {
    this.#peers.clear();
    try {
      this.#store.open();
      this.#room = this.#wake(this.#sockets());
    } catch (error) {
      // Not even reading works: only a new object can help. Every client comes back by itself.
      this.#logger("error", "the room could not start again", thrown(error));
      this.ctx.abort("storage failed");
    }
    socketPort(failed).close(1011, "the relay failed: connect again");
  }

  #forget(socket: WebSocket, goodbye: boolean): void {
    const peer = this.#peers.get(socket);
    this.#peers.delete(socket);
    if (!this.#room) return;
    if (peer?.kind === "viewer") this.#room.viewers.leave(peer.viewer);
    else if (peer?.kind === "agent") this.#room.agent.remove(peer.agent, goodbye, Date.now());
    else this.#forgetUnseen(this.#room, socket.deserializeAttachment() as Attachment | null, goodbye);
  }

  /** The close itself woke the room: a socket that is closing is nobody's any more when the room looks who is there. */
  #forgetUnseen(room: Room, attachment: Attachment | null, goodbye: boolean): void {
    if (attachment?.kind === "viewer") room.viewers.left();
    else if (attachment?.kind === "agent") room.agent.left(attachment, goodbye, Date.now());
  }

  /** When the platform last answered an agent's keep-alive by itself. */
  #keepaliveAt(agent: AgentSocket | null): number {
    for (const [socket, peer] of this.#peers) {
      if (peer.kind === "agent" && peer.agent === agent) return this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    }
    return 0;
  }

  /** Each `setAlarm` is a row written: only an earlier wish replaces the one that stands. */
  #setAlarm(at: number): void {
    if (this.#alarmAt !== null && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at));
  }

  #tellDirectory(run: string, summary: string): void {
    const directory = this.env.DIRECTORY.get(this.env.DIRECTORY.idFromName("directory"));
    this.ctx.waitUntil(
      directory.put(summary).catch((error) => this.#logger("warning", "the directory was not told", { run, ...thrown(error) })),
    );
  }
}

/** @param told how far viewers that were up with the log had come when the object went */
function wokenViewer(socket: SocketPort, attachment: ViewerAttachment, told: number, now: number): Viewer {
  const window = new SendWindow(attachment.mode, now);
  window.behind = attachment.behind_at !== null;
  return { socket, attachment, through: attachment.behind_at ?? Math.max(told, attachment.joined_at), window };
}

/** The platform's socket behind the room's port: `send` after a close throws, and a reason has 123 bytes at most. */
function socketPort(socket: WebSocket): SocketPort {
  return {
    send(frame) {
      try {
        socket.send(frame);
        return true;
      } catch {
        return false;
      }
    },
    close(code, reason) {
      try {
        socket.close(code, reason.slice(0, 40));
      } catch {
        // It is closed already.
      }
    },
    buffered() {
      // Only very new runtimes have it.
      return "bufferedAmount" in socket && typeof socket.bufferedAmount === "number" ? socket.bufferedAmount : null;
    },
    remember(attachment) {
      socket.serializeAttachment(attachment);
    },
  };
}

/** Sub-protocols are not echoed by the platform: the answer carries the header itself. */
function switching(client: WebSocket, protocol: string | null): Response {
  return new Response(null, { status: 101, webSocket: client, headers: protocol === null ? {} : { "Sec-WebSocket-Protocol": protocol } });
}
