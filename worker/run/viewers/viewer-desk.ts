import {
  endsConnection,
  failure,
  KEEPALIVE_MS,
  KEEPALIVE_REPLY,
  KEEPALIVE_SEND,
  REFRESH_TOKENS,
  REPLAY_EVENTS_MAX,
  type Result,
  type Role,
  type RoomMessage,
  type Snapshot,
  SUBSCRIPTIONS_MAX,
  VIEWER_FRAME_MAX,
  VIEWER_WINDOW_BYTES,
  type ViewerMessage,
  type Welcome,
} from "../../../protocol/index.ts";
import { VIEWER_MESSAGES } from "../../auth/role-table.ts";
import type { CommandDesk } from "../commands/command-desk.ts";
import type { RoomCore } from "../core.ts";
import type { NotUnderstood } from "../frame.ts";
import type { Line } from "../log/line.ts";
import { missedAfter, newest, planReplay, type ReplayWish } from "../log/replay.ts";
import { messageTokens } from "../message-bucket.ts";
import { endOf, hasEnded, type Identity, type SocketPort, type ViewerAttachment } from "../sockets.ts";
import { codecOf } from "./codecs.ts";
import type { Viewer } from "./fan-out.ts";
import { SendWindow } from "./send-window.ts";
import { type Subscription, subscribe, unsubscribe } from "./subscription.ts";
import { VIEWER_LIMITS, viewerBucket } from "./viewer-limits.ts";

/** What this desk needs of the rest of the room. */
type Surroundings = {
  snapshot(): Snapshot;
  /** @param edge whether the first viewer came or the last one left */
  audienceChanged(edge: boolean): void;
};

/** The room's side of the viewer protocol (VW1–VW6). */
export class ViewerDesk {
  readonly #core: RoomCore;
  readonly #commands: CommandDesk;
  readonly #around: Surroundings;

  constructor(core: RoomCore, commands: CommandDesk, around: Surroundings) {
    this.#core = core;
    this.#commands = commands;
    this.#around = around;
  }

  /** VW4: welcome, replay and joining the live set, with no `await` between. */
  join(socket: SocketPort, attachment: ViewerAttachment, wish: ReplayWish, now: number): Viewer {
    const { log, viewers } = this.#core;
    const replay = planReplay(log, wish, attachment.subscription);
    const through = replay.recovered ? replay.after : log.lastOffset;
    const viewer: Viewer = {
      socket,
      attachment: { ...attachment, joined_at: through },
      through,
      window: new SendWindow(attachment.mode, now),
      bucket: viewerBucket(attachment, now),
    };
    socket.remember(viewer.attachment);
    viewers.add(viewer, now);
    viewers.tell(viewer, this.#welcome(viewer, replay.recovered, now), now);
    if (replay.recovered) this.#catchUp(viewer, now);
    else this.#replay(viewer, replay.lines, through, now);
    this.#around.audienceChanged(viewers.count === 1);
    this.#core.logger("info", "viewer connected", { client_id: attachment.client_id, mode: attachment.mode, recovered: replay.recovered });
    return viewer;
  }

  leave(viewer: Viewer): void {
    // One that was ended has been counted out already.
    if (this.#core.viewers.remove(viewer)) this.left();
    this.#core.logger("info", "viewer left", { client_id: viewer.attachment.client_id });
  }

  /** A viewer has gone that is not in the live set any more, or never was: its close woke the room. */
  left(): void {
    this.#around.audienceChanged(this.#core.viewers.count === 0);
  }

  receive(viewer: Viewer, frame: string | ArrayBuffer, now: number): void {
    const { viewers } = this.#core;
    // It was told to go: what it had sent before it knew counts no more.
    if (!viewers.has(viewer)) return;
    if (hasEnded(viewer.attachment, now)) {
      viewers.end(viewer, "token_expired");
      return;
    }
    // Before it is read: reading is what a flood would cost most.
    const tokens = messageTokens(frame, VIEWER_FRAME_MAX);
    if (!this.#paid(viewer, tokens, now)) return;
    const decoded = codecOf(viewer.attachment.mode).read(frame);
    if (decoded.ok) this.#handle(viewer, decoded.value, tokens, now);
    else this.#refuse(viewer, decoded, now);
    if (viewer.bucket.low && viewers.has(viewer)) this.#rememberBucket(viewer);
  }

  /** AC6. @returns whether the viewer may go on; one that has sent too much was told so, and closed */
  #paid(viewer: Viewer, tokens: number, now: number): boolean {
    if (viewer.bucket.take(tokens, now)) return true;
    this.#refuse(viewer, failure("rate_limited", "too many messages"), now, { retry_after_ms: viewer.bucket.fullIn(now) });
    return false;
  }

  #refuse(viewer: Viewer, { code, message, id }: NotUnderstood, now: number, more: { retry_after_ms?: number } = {}): void {
    this.#core.logger("warning", "a viewer was refused", { client_id: viewer.attachment.client_id, code });
    this.#core.counters.error(viewer.attachment.client_id);
    this.#answer(viewer, { type: "error", code, message, ...(id === undefined ? {} : { id }), ...more }, now);
    if (endsConnection(code)) this.#core.viewers.end(viewer, code, message);
    else this.#core.counters.refused(code);
  }

  /** Outlives this object's memory: a flood that takes a room out of it must not begin anew. */
  #rememberBucket(viewer: Viewer): void {
    viewer.attachment = { ...viewer.attachment, bucket: viewer.bucket.level };
    viewer.socket.remember(viewer.attachment);
  }

  /** A viewer that is past the beginning of a new numbering starts over, from the present state. @returns its welcome */
  welcomeAgain(viewer: Viewer, now: number): Welcome {
    return this.#welcome(viewer, false, now);
  }

  connectionsByRole(agents: Iterable<unknown>): Record<Role, number> {
    const connections: Record<Role, number> = { viewer: 0, operator: 0, agent: 0, owner: 0 };
    for (const viewer of this.#core.viewers.all()) connections[viewer.attachment.role] += 1;
    for (const _ of agents) connections.agent += 1;
    return connections;
  }

  /** @param tokens what the message has cost */
  #handle(viewer: Viewer, message: ViewerMessage, tokens: number, now: number): void {
    const { role } = viewer.attachment;
    if (!VIEWER_MESSAGES[message.type].includes(role)) {
      this.#core.counters.refused("forbidden");
      const about = message.type === "command" ? { id: message.id } : {};
      this.#answer(viewer, { type: "error", code: "forbidden", message: `a ${role} may not send this: ${message.type}`, ...about }, now);
      return;
    }
    switch (message.type) {
      case "subscribe": {
        const all = subscribe(viewer.attachment.subscription, message.events);
        if (all.length > SUBSCRIPTIONS_MAX) {
          this.#answer(viewer, { type: "error", code: "invalid_message", message: `at most ${SUBSCRIPTIONS_MAX} subscriptions` }, now);
          return;
        }
        this.#resubscribe(viewer, all, now);
        this.#answer(viewer, { type: "subscribed", events: message.events, all_subscriptions: [...all] }, now);
        return;
      }
      case "unsubscribe": {
        const remaining = unsubscribe(viewer.attachment.subscription, message.events);
        this.#resubscribe(viewer, remaining, now);
        this.#answer(viewer, { type: "unsubscribed", events: message.events, remaining_subscriptions: [...remaining] }, now);
        return;
      }
      case "ping": {
        const server = new Date(now).toISOString();
        this.#answer(viewer, { type: "pong", client_timestamp: message.timestamp ?? null, server_timestamp: server }, now);
        return;
      }
      case "ack":
        // As many as there were frames: one that catches up sends hundreds a second.
        if (viewer.window.acknowledged(message.through, now)) viewer.bucket.giveBack(1);
        if (viewer.window.behind && viewer.window.roomy) this.#catchUp(viewer, now);
        return;
      case "refresh":
        if (!this.#paid(viewer, REFRESH_TOKENS - tokens, now)) return;
        this.#core.effects.identify(message.token, (result, at) => this.#refreshed(viewer, result, at));
        return;
      case "command": {
        const { type: _, timestamp: __, ...request } = message;
        const state = this.#commands.request(request, viewer.attachment.sub, now);
        this.#answer(viewer, { type: "command_ack", id: request.id, state }, now);
        return;
      }
    }
  }

  /** AC4: the connection goes on with another token, or, where that is good for nothing, with the one that it has. */
  #refreshed(viewer: Viewer, result: Result<Identity>, now: number): void {
    if (!this.#core.viewers.has(viewer)) return;
    // The role is one of the socket's tags, which are fixed when it is accepted (VW5).
    const refused = result.ok && result.value.role !== viewer.attachment.role;
    const answer = refused ? failure("forbidden", "a refresh keeps the role: connect again with this token") : result;
    if (!answer.ok) {
      this.#answer(viewer, { type: "error", code: answer.code, message: answer.message }, now);
      return;
    }
    viewer.attachment = { ...viewer.attachment, ...answer.value };
    viewer.socket.remember(viewer.attachment);
    this.#answer(viewer, { type: "refreshed", expires_at: endOf(answer.value) }, now);
  }

  /** VW6: sends from the log what the viewer has missed, as far as its window goes; at the end it is in the live set again. */
  #catchUp(viewer: Viewer, now: number): void {
    const { log } = this.#core;
    viewer.window.behind = false;
    if (viewer.through + 1 < log.oldestOffset) {
      this.#beginAnew(viewer, now);
      return;
    }
    while (!viewer.window.behind && viewer.through < log.lastOffset) {
      const missed = missedAfter(log, viewer.through, viewer.attachment.subscription, VIEWER_WINDOW_BYTES / 2);
      if (!this.#replay(viewer, missed.lines, missed.through, now)) return;
    }
    if (viewer.window.behind || viewer.attachment.behind_at === null) return;
    viewer.attachment = { ...viewer.attachment, joined_at: viewer.through, behind_at: null };
    viewer.socket.remember(viewer.attachment);
  }

  /** What a slow viewer missed was trimmed meanwhile: it is told so, and given what a new one is given. */
  #beginAnew(viewer: Viewer, now: number): void {
    const { log, viewers } = this.#core;
    const through = log.lastOffset;
    viewers.startOver(viewer, through, now);
    this.#replay(viewer, newest(log, viewer.attachment.subscription, REPLAY_EVENTS_MAX), through, now);
  }

  /** Without lines nothing is sent: the position goes with the next frame. @returns whether the viewer is still there */
  #replay(viewer: Viewer, lines: readonly Line[], through: number, now: number): boolean {
    const frames = lines.length === 0 ? [] : codecOf(viewer.attachment.mode).frames(lines, through, now);
    return this.#core.viewers.deliver(viewer, frames, through, now);
  }

  #resubscribe(viewer: Viewer, subscription: Subscription, now: number): void {
    this.#core.viewers.resubscribe(viewer, subscription, now);
    this.#core.logger("debug", "subscribed", { client_id: viewer.attachment.client_id, subscription });
  }

  #welcome(viewer: Viewer, recovered: boolean, now: number): Welcome {
    const { log, run } = this.#core;
    return {
      type: "welcome",
      timestamp: new Date(now).toISOString(),
      client_id: viewer.attachment.client_id,
      run,
      role: viewer.attachment.role,
      expires_at: endOf(viewer.attachment),
      log_id: log.logId,
      oldest_offset: log.oldestOffset,
      last_offset: log.lastOffset,
      recovered,
      snapshot: this.#around.snapshot(),
      keepalive: { send: KEEPALIVE_SEND, reply: KEEPALIVE_REPLY, every_ms: KEEPALIVE_MS },
      limits: VIEWER_LIMITS,
    };
  }

  #answer(viewer: Viewer, message: RoomMessage, now: number): void {
    this.#core.viewers.tell(viewer, message, now);
  }
}
