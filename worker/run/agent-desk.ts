import {
  AGENT_SILENT_MS,
  type AgentBatch,
  type AgentMessage,
  type AnyEvent,
  type Demand,
  ERRORS,
  type ErrorCode,
  type Health,
  type Hello,
  type RoomToAgent,
} from "../../protocol/index.ts";
import { decodeAgentFrame } from "./agent-frame.ts";
import { judgeLink, type LinkView } from "./agent-link.ts";
import { checkEvents } from "./check-events.ts";
import type { CommandDesk } from "./command-desk.ts";
import type { Command } from "./commands.ts";
import type { RoomCore } from "./core.ts";
import { demandFor } from "./demand.ts";
import { frameSize } from "./frame.ts";
import { decideBatch, decideHello } from "./producer.ts";
import type { AgentAttachment, SocketPort } from "./sockets.ts";

export type AgentSocket = { socket: SocketPort; attachment: AgentAttachment };

/** The room's side of the producer protocol: hello, fence, batches, acks, demand (PR1–PR5), and the agent's link (HL2). */
export class AgentDesk {
  readonly #core: RoomCore;
  readonly #commands: CommandDesk;
  readonly #listed: () => void;
  readonly #sockets = new Set<AgentSocket>();
  #active: AgentSocket | null = null;
  #told: Demand["mode"] | null = null;
  #lastHeard: number;
  /** Since when there is no producer; `seen` where its socket was seen to close. */
  #gone: { at: number; seen: boolean; reason: string };
  /** What viewers were told last of the link, or will be when the room's events are no longer held back. */
  #reported: boolean;
  /** When the platform last answered a keep-alive for the producer, milliseconds since 1970. */
  keepaliveAt: (agent: AgentSocket) => number = () => 0;

  /** @param listed the list of runs is to be told */
  constructor(core: RoomCore, commands: CommandDesk, listed: () => void, now: number) {
    this.#core = core;
    this.#commands = commands;
    this.#listed = listed;
    this.#lastHeard = core.log.lastChunkAt;
    this.#reported = core.log.state.agent_status?.connected === true;
    this.#gone = { at: now, seen: false, reason: "the connection was lost" };
  }

  get sockets(): ReadonlySet<AgentSocket> {
    return this.#sockets;
  }
  get connected(): boolean {
    return this.#active !== null;
  }
  /** Milliseconds since 1970, 0 for never. */
  get lastHeard(): number {
    return this.#active ? Math.max(this.#lastHeard, this.keepaliveAt(this.#active)) : this.#lastHeard;
  }

  link(): Health["agent"] {
    const reported = this.#core.log.state.agent_status;
    return {
      connected: this.connected,
      since: typeof reported?.since === "string" ? reported.since : null,
      last_heard: this.lastHeard === 0 ? null : new Date(this.lastHeard).toISOString(),
    };
  }

  /** A socket that has just connected, or that hibernated and is seen again after a wake. */
  add(agent: AgentSocket): void {
    this.#sockets.add(agent);
    if (agent.attachment.life === null) return;
    this.#active = agent;
    this.#told = agent.attachment.demand;
    this.#lastHeard = Math.max(this.#lastHeard, agent.attachment.heard_at);
  }

  /**
   * A socket that closed. What waits is stored: without a producer nothing would write it.
   * @param goodbye whether the agent said that it goes
   */
  remove(agent: AgentSocket, goodbye: boolean, now: number): void {
    this.#sockets.delete(agent);
    if (this.#active !== agent) return;
    this.#active = null;
    this.#core.log.storeTail(now);
    this.left(agent.attachment, goodbye, now);
  }

  /** The producer's socket is gone; also where its close woke the room, which never saw it open. */
  left(attachment: AgentAttachment, goodbye: boolean, now: number): void {
    if (attachment.life === null || this.#active) return;
    this.#lastHeard = Math.max(this.#lastHeard, attachment.heard_at);
    this.#gone = { at: now, seen: true, reason: goodbye ? "the agent has ended" : "the connection was lost" };
    this.judge(now);
    this.#listed();
  }

  receive(agent: AgentSocket, frame: string | ArrayBuffer, now: number): void {
    const decoded = decodeAgentFrame(frame);
    if (!decoded.ok) {
      this.#core.logger("warning", "invalid message from an agent", { client_id: agent.attachment.client_id, code: decoded.code });
      this.#refuse(agent, decoded.code, decoded.message);
      return;
    }
    this.#lastHeard = now;
    agent.attachment = { ...agent.attachment, heard_at: now };
    // A batch is remembered with how far it brought the viewers.
    if (decoded.value.type !== "batch") agent.socket.remember(agent.attachment);
    this.#handle(agent, decoded.value, frame, now);
  }

  /** @returns whether the command was handed over */
  deliver(command: Command): boolean {
    if (!this.#active) return false;
    return this.#send(this.#active, { ...command.request, type: "command", expires_at: new Date(command.expires_at).toISOString() });
  }

  /** PR5: tells the agent when who is watching has changed. */
  viewersChanged(): void {
    const demand = demandFor(this.#core.viewers.count);
    if (!this.#active || demand.mode === this.#told) return;
    this.#demanded(this.#active, demand);
    this.#send(this.#active, { type: "demand", ...demand });
  }

  /** HL2: decides whether the agent is offline by now, says so, or asks to be woken again. */
  judge(now: number): void {
    const view: LinkView = this.#active
      ? { kind: "open", last_heard: this.lastHeard }
      : { kind: "gone", since: this.#gone.seen ? this.#gone.at : this.lastHeard, noticed_at: this.#gone.at, reason: this.#gone.reason };
    const verdict = judgeLink(view, this.#reported, now);
    switch (verdict.kind) {
      case "wait":
        this.#core.effects.alarm(verdict.until);
        return;
      case "nothing":
        return;
      case "offline":
        this.#report(false, verdict.since, verdict.reason, now);
        if (this.#active) this.#core.effects.alarm(now + AGENT_SILENT_MS);
        return;
    }
  }

  #handle(agent: AgentSocket, message: AgentMessage, frame: string | ArrayBuffer, now: number): void {
    if (message.type === "ping") {
      this.#send(agent, { type: "pong", client_timestamp: message.timestamp ?? null, server_timestamp: new Date(now).toISOString() });
      return;
    }
    if (message.type === "hello") {
      this.#hello(agent, message, now);
      return;
    }
    if (this.#active !== agent) {
      this.#refuse(agent, "hello_first", ERRORS.hello_first.message);
      return;
    }
    this.#heardAgain(now);
    switch (message.type) {
      case "batch":
        this.#batch(agent, message, frameSize(frame), now);
        return;
      case "command_update":
        this.#commands.update(
          message.id,
          { state: message.state, global_step: message.global_step ?? null, error: message.error ?? null },
          now,
        );
        return;
    }
  }

  #hello(agent: AgentSocket, hello: Hello, now: number): void {
    const { log, own, store, effects } = this.#core;
    const decision = decideHello(hello, log.life, store.knowsLife(hello.life), log.lastSeq);
    if (decision.kind === "stale") {
      this.#refuse(agent, "stale_life", ERRORS.stale_life.message);
      return;
    }
    this.#takeOver(agent, hello.life);
    switch (decision.kind) {
      case "continue":
        log.storeTail(now);
        break;
      case "begin":
        own.renumbered(log.beginLife(hello.life, decision.start_seq, effects.newId(), now), now);
        break;
      case "skip":
        log.storeTail(now);
        own.renumbered(log.skipTo(decision.to_seq, effects.newId()), now);
        break;
    }
    log.setRunInfo(hello.run_info, now);
    own.settle(hello.sent_seq);
    const demand = demandFor(this.#core.viewers.count);
    this.#demanded(agent, demand);
    this.#send(agent, { type: "ready", life: hello.life, last_seq: log.storedSeq, demand });
    this.#core.logger("info", "agent connected", {
      client_id: agent.attachment.client_id,
      decision: decision.kind,
      last_seq: log.storedSeq,
    });
    this.#heardAgain(now);
    own.release(now);
    this.judge(now);
    this.#commands.deliverQueued(now);
    this.#listed();
  }

  /** PR2: with hello a later connection takes over, and the earlier one must not come back. */
  #takeOver(agent: AgentSocket, life: string): void {
    if (this.#active && this.#active !== agent) {
      const earlier = this.#active;
      earlier.attachment = { ...earlier.attachment, life: null };
      earlier.socket.remember(earlier.attachment);
      earlier.socket.close(ERRORS.superseded.close, ERRORS.superseded.message);
      this.#sockets.delete(earlier);
    }
    this.#active = agent;
    agent.attachment = { ...agent.attachment, life, sent_through: this.#core.log.lastOffset };
    agent.socket.remember(agent.attachment);
  }

  /** What the agent was told outlives this object's memory: a room that slept knows whether to say it anew. */
  #demanded(agent: AgentSocket, demand: Demand): void {
    this.#told = demand.mode;
    agent.attachment = { ...agent.attachment, demand: demand.mode };
    agent.socket.remember(agent.attachment);
  }

  #batch(agent: AgentSocket, batch: AgentBatch, frameSize: number, now: number): void {
    const { log, viewers, own, counters } = this.#core;
    const decision = decideBatch(log.lastSeq, batch.first_seq, batch.events.length);
    if (decision.kind === "gap") {
      this.#send(agent, { type: "error", code: "sequence_gap", message: ERRORS.sequence_gap.message, expected: decision.expected });
      return;
    }
    if (decision.kind === "duplicate") {
      if (log.chunkDue(batch.flush === true, now)) log.storeTail(now);
      this.#send(agent, { type: "ack", seq: log.storedSeq });
      return;
    }
    const checked = checkEvents(batch.events.slice(decision.skip), frameSize);
    if (!checked.ok) {
      const seq = batch.first_seq + decision.skip + checked.index;
      this.#refuse(agent, checked.code, `event ${seq}: ${checked.message}`, { seq });
      return;
    }
    const before = log.state.training_status;
    const lines = log.append(checked.events, now);
    // What viewers are about to see outlives this object's memory: after an eviction it is not sent to them again.
    agent.attachment = { ...agent.attachment, sent_through: Math.max(agent.attachment.sent_through, log.lastOffset) };
    agent.socket.remember(agent.attachment);
    // Send first, then write: the output gate would hold back what is sent after a write until the write is confirmed.
    viewers.publish(lines, now);
    const newest = checked.events.at(-1)?.timestamp;
    if (newest !== undefined) counters.latency(now - Date.parse(newest));
    if (log.chunkDue(batch.flush === true, now)) {
      log.storeTail(now);
      this.#send(agent, { type: "ack", seq: log.storedSeq });
    }
    own.release(now);
    if (log.state.training_status !== before) this.#listed();
  }

  /** An agent that was reported offline is back. */
  #heardAgain(now: number): void {
    this.#lastHeard = now;
    if (!this.#reported) this.#report(true, now, null, now);
  }

  #report(connected: boolean, since: number, reason: string | null, now: number): void {
    this.#reported = connected;
    const event: AnyEvent = {
      type: "agent_status",
      timestamp: new Date(now).toISOString(),
      connected,
      since: new Date(since).toISOString(),
      last_heard: new Date(this.lastHeard).toISOString(),
      reason,
    };
    this.#core.logger("info", connected ? "agent online" : "agent offline", { since: event.since });
    if (connected) this.#core.own.place(event, now);
    else this.#core.own.force(event, now);
    this.#listed();
  }

  #refuse(agent: AgentSocket, code: ErrorCode, message: string, more: { seq?: number } = {}): void {
    this.#core.counters.error(agent.attachment.client_id);
    this.#send(agent, { type: "error", code, message, ...more });
    const close = ERRORS[code].close;
    if (close !== null) agent.socket.close(close, message);
  }

  #send(agent: AgentSocket, message: RoomToAgent): boolean {
    const text = JSON.stringify({ ...message, timestamp: new Date().toISOString() });
    this.#core.counters.sent(text.length);
    return agent.socket.send(text);
  }
}
