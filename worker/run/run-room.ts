import { DurableObject } from "cloudflare:workers";
import {
  AGENTS_PER_RUN,
  type CommandRequest,
  ERRORS,
  failure,
  KEEPALIVE_REPLY,
  KEEPALIVE_SEND,
  type Result,
  VIEWERS_PER_RUN,
} from "../../protocol/index.ts";
import { identify } from "../auth/identify.ts";
import type { Env } from "../env.ts";
import { errorResponse } from "../http/errors.ts";
import { createLog, type Log, thrown } from "../log.ts";
import { Alarm } from "./alarm.ts";
import { DirectoryLine } from "./directory-line.ts";
import { frameSize } from "./frame.ts";
import type { CurveQuery } from "./history/read-curves.ts";
import type { EventQuery } from "./log/event-page.ts";
import { isDismissed, socketPort } from "./platform-socket.ts";
import { type AgentSocket, agentSocket } from "./producer/agent-desk.ts";
import { isHello, tellError } from "./producer/stranger.ts";
import { Room, type SampleQuery } from "./room.ts";
import type { AgentAttachment, Attachment, Identity } from "./sockets.ts";
import { BlobDesk } from "./storage/blob-desk.ts";
import { BlobTally } from "./storage/blob-tally.ts";
import { RoomStore } from "./storage/store.ts";
import { UPGRADE_HEADER, type Upgrade } from "./upgrade.ts";
import { loadCodec } from "./viewers/codecs.ts";
import { viewerTags } from "./viewers/subscription.ts";
import { type Peer, type Sleeper, wakeRoom } from "./wake.ts";

/** One run as a Durable Object: wiring between the platform and {@link Room}. No timer, no `accept()`: it hibernates with its sockets. */
export class RunRoom extends DurableObject<Env> {
  readonly #store: RoomStore;
  readonly #blobs: BlobDesk;
  readonly #alarm: Alarm;
  readonly #directory: DirectoryLine;
  readonly #logger: Log;
  #peers = new Map<WebSocket, Peer>();
  /** Whether the run exists; its room is woken when something is asked of it. */
  #exists: boolean;
  #room: Room | null = null;
  /** Tokens that were revoked while this object is in memory: one that was let in a moment before is refused at the door. */
  readonly #revoked = new Set<string>();
  /** When the newest agent connected, milliseconds since 1970. */
  #connectedAt = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#logger = createLog(env.RUNCAST_LOG_LEVEL, { object: "room" });
    this.#store = new RoomStore(ctx.storage);
    this.#blobs = new BlobDesk(this.#store, new BlobTally(ctx.storage), env.BLOBS);
    this.#alarm = new Alarm(ctx);
    this.#directory = new DirectoryLine(ctx, env, this.#logger);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(KEEPALIVE_SEND, KEEPALIVE_REPLY));
    this.#exists = this.#store.open();
    if (!this.#exists) return;
    const modes = new Set(this.#sleepers(null).flatMap(({ attachment }) => (attachment?.kind === "viewer" ? [attachment.mode] : [])));
    // Whatever arrives waits meanwhile.
    void ctx.blockConcurrencyWhile(async () => void (await Promise.all([...modes].map(loadCodec))));
  }

  /** An upgrade that the Worker has checked; who comes stands in {@link UPGRADE_HEADER}. */
  override async fetch(request: Request): Promise<Response> {
    const upgrade = JSON.parse(request.headers.get(UPGRADE_HEADER) ?? "null") as Upgrade | null;
    if (upgrade === null) return errorResponse("upgrade_required");
    if (upgrade.kind === "viewer") await loadCodec(upgrade.mode);
    // From here to the accepted socket nothing is waited for.
    if (this.#isRevoked(upgrade.identity)) return errorResponse("token_revoked");
    return upgrade.kind === "agent" ? this.#acceptAgent(upgrade) : this.#acceptViewer(upgrade);
  }

  override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    if (isDismissed(socket)) return;
    const room = this.#awake() ?? this.#begin(socket, frame);
    const peer = this.#peers.get(socket);
    if (!peer || !room) return;
    room.core.counters.received(frameSize(frame));
    try {
      if (peer.kind === "agent") room.agent.receive(peer.agent, frame, Date.now());
      else room.viewers.receive(peer.viewer, frame, Date.now());
    } catch (error) {
      this.#recover("a message failed", error);
      this.#remove(socket, false);
      socketPort(socket).close(1011, "the relay failed: connect again");
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
    this.#alarm.isOver();
    const room = this.#awake();
    try {
      room?.wake(Date.now());
    } catch (error) {
      this.#recover("the alarm failed", error);
      // The platform tries again.
      throw error;
    }
  }

  // Reads, called by the Worker's routes. `null`: there is no such run. JSON text: the shapes are those of protocol/http.ts.

  async summary(): Promise<string | null> {
    return this.#told((room) => room.summary());
  }
  async detail(): Promise<string | null> {
    return this.#told((room) => room.detail());
  }
  async events(query: EventQuery): Promise<string | null> {
    return this.#told((room) => room.events(query));
  }
  async metrics(query: CurveQuery): Promise<string | null> {
    return this.#told((room) => room.metrics(query));
  }
  async samples(query: SampleQuery): Promise<string | null> {
    return this.#told((room) => room.samples(query));
  }
  async sample(sampleId: string): Promise<string | null> {
    return this.#told((room) => room.sample(sampleId));
  }
  async commands(): Promise<string | null> {
    return this.#told((room) => room.commands.records());
  }
  async status(): Promise<string | null> {
    return this.#told((room) => room.status(this.#blobs.totals()));
  }
  async command(request: CommandRequest, by: string): Promise<Result<string>> {
    const room = this.#awake();
    if (!room) return failure("run_not_found");
    try {
      return { ok: true, value: room.commands.request(request, by, Date.now()) };
    } catch (error) {
      this.#recover("a command failed", error);
      return failure("internal");
    }
  }

  // For the Worker's route of blobs: see BlobDesk.

  async claimBlob(run: string, sha256: string, bytes: number): Promise<Result<{ fresh: boolean }>> {
    return this.#blobs.claim(run, sha256, bytes);
  }
  async releaseBlob(sha256: string): Promise<void> {
    this.#blobs.release(sha256);
  }
  async keepsBlob(sha256: string): Promise<boolean> {
    return this.#blobs.keeps(sha256);
  }

  /** A token was revoked (AC4): its sockets end, also one that is still on its way here. */
  async revoke(jti: string): Promise<void> {
    this.#revoked.add(jti);
    for (const socket of this.ctx.getWebSockets()) {
      if ((socket.deserializeAttachment() as Attachment | null)?.jti !== jti) continue;
      try {
        this.#forget(socket, false);
      } finally {
        // Also where storage fails: the directory tells the room again, but nobody who was put out stays for as long.
        this.#room?.core.counters.refused("token_revoked");
        socketPort(socket).close(ERRORS.token_revoked.close, ERRORS.token_revoked.message);
      }
    }
  }

  /**
   * Ends the run with everything that is stored of it, and whoever is connected. A later hello makes a new run of the same id.
   * @returns false where there was none; the directory hears of it all the same, where it missed that the first time
   */
  async remove(run: string): Promise<boolean> {
    const existed = this.#exists;
    const { storage } = this.ctx;
    // Nothing is waited for between these: a hello finds the run as it was, or an empty room.
    const deleted = Promise.all([storage.deleteAlarm(), storage.deleteAll()]);
    this.#exists = false;
    this.#room = null;
    this.#peers = new Map();
    this.#alarm.isOver();
    for (const socket of this.ctx.getWebSockets()) {
      socketPort(socket).close(ERRORS.run_deleted.close, ERRORS.run_deleted.message);
    }
    try {
      await deleted;
    } catch (error) {
      this.#logger("error", "a run could not be deleted", { run, ...thrown(error) });
      this.ctx.abort("storage failed");
      throw error;
    }
    await this.#directory.remove(run);
    if (existed) this.#logger("info", "run deleted", { run });
    return existed;
  }

  #told(answer: (room: Room) => unknown): string | null {
    const room = this.#awake();
    return room && JSON.stringify(answer(room));
  }

  #acceptViewer(upgrade: Extract<Upgrade, { kind: "viewer" }>): Response {
    const room = this.#awake();
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
    const room = this.#awake();
    this.#makeRoomForAgent();
    // Two of the same millisecond still have an order.
    this.#connectedAt = Math.max(Date.now(), this.#connectedAt + 1);
    const pair = new WebSocketPair();
    this.ctx.acceptWebSocket(pair[1], ["agent"]);
    const attachment: AgentAttachment = {
      kind: "agent",
      run: upgrade.run,
      ...upgrade.identity,
      client_id: crypto.randomUUID(),
      connected_at: this.#connectedAt,
      life: null,
      sent_through: 0,
      sent_seq: 0,
      heard_at: 0,
      demand: null,
    };
    const agent = agentSocket(socketPort(pair[1]), attachment, Date.now());
    agent.socket.remember(attachment);
    this.#peers.set(pair[1], { kind: "agent", agent });
    room?.agent.add(agent);
    return switching(pair[0], upgrade.protocol);
  }

  /** AC6: where there are as many as a run may have, the oldest that is not the producer goes; also where the run does not exist yet. */
  #makeRoomForAgent(): void {
    const agents = this.ctx.getWebSockets("agent").filter((socket) => socket.readyState === WebSocket.OPEN);
    if (agents.length < AGENTS_PER_RUN) return;
    const waiting = agents.flatMap((socket) => {
      const attachment = socket.deserializeAttachment() as Attachment | null;
      return attachment?.kind === "agent" && attachment.life === null ? [{ socket, connected_at: attachment.connected_at }] : [];
    });
    const oldest = waiting.sort((a, b) => a.connected_at - b.connected_at)[0];
    if (!oldest) return;
    tellError(socketPort(oldest.socket), failure("rate_limited", "a run has so many agents at most"));
    this.#room?.core.counters.refused("rate_limited");
    this.#forget(oldest.socket, false);
  }

  /** A run comes into being when an agent says hello. @returns its room; null where this was no hello */
  #begin(socket: WebSocket, frame: string | ArrayBuffer): Room | null {
    const attachment = socket.deserializeAttachment() as Attachment | null;
    if (attachment?.kind !== "agent") return null;
    if (!isHello(this.#stranger(socket, attachment), frame, Date.now())) return null;
    Room.create(this.#store, attachment.run, attachment.sub, Date.now());
    this.#exists = true;
    this.#logger("info", "run created", { run: attachment.run });
    return this.#awake();
  }

  /** An agent whose run does not exist yet; the object may have slept since it came. */
  #stranger(socket: WebSocket, attachment: AgentAttachment): AgentSocket {
    const known = this.#peers.get(socket);
    if (known?.kind === "agent") return known.agent;
    const agent = agentSocket(socketPort(socket), attachment, Date.now());
    this.#peers.set(socket, { kind: "agent", agent });
    return agent;
  }

  /**
   * The room, woken where it is not there yet.
   * @param ending the socket whose end woke the object
   */
  #awake(ending: WebSocket | null = null): Room | null {
    if (this.#exists) this.#room ??= this.#wake(ending);
    return this.#room;
  }

  #wake(ending: WebSocket | null): Room {
    const { room, peers } = wakeRoom(
      {
        store: this.#store,
        storage: this.ctx.storage,
        effects: {
          alarm: (at) => this.#alarm.at(at),
          listed: (summary) => {
            // An answer that came late to a room whose run was deleted.
            if (this.#exists) this.#directory.tell(summary.run, JSON.stringify(summary));
          },
          newId: () => crypto.randomUUID().replaceAll("-", ""),
          identify: (token, answer) => this.#identify(token, answer),
        },
        logger: this.#logger,
        clock: Date.now,
      },
      this.#sleepers(ending),
      Date.now(),
    );
    room.agent.watch.keepaliveAt = () => this.#keepaliveAt(room.agent.active);
    this.#peers = peers;
    return room;
  }

  /** @param ending it is no longer among the object's sockets, and what an agent's remembers still counts */
  #sleepers(ending: WebSocket | null): Sleeper<WebSocket>[] {
    const open = this.ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN && socket !== ending);
    const sleepers = open.map(sleeper);
    const last = ending && sleeper(ending);
    return last?.attachment?.kind === "agent" ? [...sleepers, last] : sleepers;
  }

  /** Storage failed in the middle of something: what is in memory may be ahead of it, so the room starts again from what is stored. */
  #recover(what: string, failed: unknown, ending: WebSocket | null = null): void {
    this.#logger("error", what, { run: this.#room?.core.run, ...thrown(failed) });
    try {
      this.#store.open();
      this.#room = this.#wake(ending);
    } catch (error) {
      // Not even reading works: only a new object can help. Every client comes back by itself.
      this.#logger("error", "the room could not start again", thrown(error));
      this.ctx.abort("storage failed");
    }
  }

  #isRevoked({ jti }: Identity): boolean {
    return typeof jti === "string" && this.#revoked.has(jti);
  }

  #identify(token: string, answer: (result: Result<Identity>, now: number) => void): void {
    const identified = this.#identified(token).catch((error) => {
      this.#logger("error", "a token could not be looked at", thrown(error));
      return failure("internal");
    });
    this.ctx.waitUntil(identified.then((result) => answer(result, Date.now())));
  }

  async #identified(token: string): Promise<Result<Identity>> {
    const identified = await identify(token, this.#room?.core.run ?? "", this.env);
    // Revoked since the directory was asked.
    return identified.ok && this.#isRevoked(identified.value) ? failure("token_revoked") : identified;
  }

  #forget(socket: WebSocket, goodbye: boolean): void {
    this.#awake(socket);
    try {
      this.#remove(socket, goodbye);
    } catch (error) {
      // Its tail is lost, and will be sent again; that it has gone must still be known.
      this.#recover("the end of a connection failed", error, socket);
      this.#remove(socket, goodbye);
    }
  }

  #remove(socket: WebSocket, goodbye: boolean): void {
    const peer = this.#peers.get(socket);
    this.#peers.delete(socket);
    if (!this.#room) return;
    if (peer?.kind === "viewer") this.#room.viewers.leave(peer.viewer);
    else if (peer?.kind === "agent") this.#room.agent.remove(peer.agent, goodbye, Date.now());
    else this.#removeUnseen(this.#room, socket.deserializeAttachment() as Attachment | null, goodbye);
  }

  /** Something else woke the room when the socket was closed already: it was nobody's any more when the room looked who is there. */
  #removeUnseen(room: Room, attachment: Attachment | null, goodbye: boolean): void {
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
}

function sleeper(socket: WebSocket): Sleeper<WebSocket> {
  return { socket, port: socketPort(socket), attachment: socket.deserializeAttachment() as Attachment | null };
}

/** Sub-protocols are not echoed by the platform: the answer carries the header itself. */
function switching(client: WebSocket, protocol: string | null): Response {
  return new Response(null, { status: 101, webSocket: client, headers: protocol === null ? {} : { "Sec-WebSocket-Protocol": protocol } });
}
