import {
  type AgentBatch,
  type AgentMessage,
  type Demand,
  ERRORS,
  type Failure,
  failure,
  type Hello,
  type RoomToAgent,
} from "../../../protocol/index.ts";
import { AGENT_MESSAGES } from "../../auth/role-table.ts";
import type { Command } from "../commands/command.ts";
import type { CommandDesk } from "../commands/command-desk.ts";
import type { RoomCore } from "../core.ts";
import type { MessageBucket } from "../message-bucket.ts";
import { type AgentAttachment, hasEnded, type SocketPort } from "../sockets.ts";
import { decodeAgentFrame } from "./agent-frame.ts";
import { AGENT_LIMITS, agentBucket } from "./agent-limits.ts";
import { AgentWatch } from "./agent-watch.ts";
import { checkEvents } from "./check-events.ts";
import { decideBatch, decideHello } from "./decisions.ts";
import { demandFor } from "./demand.ts";

export type AgentSocket = { socket: SocketPort; attachment: AgentAttachment; bucket: MessageBucket };

/** An agent's socket, as it comes or as it is seen again. */
export function agentSocket(socket: SocketPort, attachment: AgentAttachment, now: number): AgentSocket {
  return { socket, attachment, bucket: agentBucket(now) };
}

/** The room's side of the producer protocol: hello, fence, batches, acks, demand (PR1–PR5). */
export class AgentDesk {
  readonly #core: RoomCore;
  readonly #commands: CommandDesk;
  readonly #listed: () => void;
  readonly #sockets = new Set<AgentSocket>();
  readonly watch: AgentWatch;
  #active: AgentSocket | null = null;
  /** When the producer's newest connection was made: what comes from an earlier one is late. */
  #connectedAt = 0;
  /** PR5: what the producer was told last. */
  #told: Demand["mode"] | null = null;

  /** @param listed the list of runs is to be told */
  constructor(core: RoomCore, commands: CommandDesk, listed: () => void, now: number) {
    this.#core = core;
    this.#commands = commands;
    this.#listed = listed;
    this.watch = new AgentWatch(core, listed, now);
  }

  get sockets(): ReadonlySet<AgentSocket> {
    return this.#sockets;
  }
  /** The producer, null while there is none. */
  get active(): AgentSocket | null {
    return this.#active;
  }

  /** A socket that has just connected, or that hibernated and is seen again after a wake. */
  add(agent: AgentSocket): void {
    this.#sockets.add(agent);
    if (agent.attachment.life === null) return;
    this.#active = agent;
    this.#connectedAt = agent.attachment.connected_at;
    this.#told = agent.attachment.demand;
    this.watch.opened(agent.attachment.heard_at);
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
    this.watch.closed(attachment.heard_at, goodbye, now);
  }

  receive(agent: AgentSocket, frame: string | ArrayBuffer, now: number): void {
    // It was told to go: what it had sent before it knew counts no more.
    if (!this.#sockets.has(agent)) return;
    if (hasEnded(agent.attachment, now)) {
      this.#refuse(agent, now, failure("token_expired"));
      return;
    }
    // Before it is read; what the log takes is given back.
    if (!agent.bucket.take(1, now)) {
      this.#refuse(agent, now, failure("rate_limited", "too many messages"), { retry_after_ms: agent.bucket.fullIn(now) });
      return;
    }
    const decoded = decodeAgentFrame(frame);
    if (!decoded.ok) {
      this.#core.logger("warning", "invalid message from an agent", { client_id: agent.attachment.client_id, code: decoded.code });
      this.#refuse(agent, now, decoded);
      return;
    }
    const { role } = agent.attachment;
    if (!AGENT_MESSAGES[decoded.value.type].includes(role)) {
      this.#refuse(agent, now, failure("forbidden", `a ${role} may not send this: ${decoded.value.type}`));
      return;
    }
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

  #handle(agent: AgentSocket, message: AgentMessage, frame: string | ArrayBuffer, now: number): void {
    if (message.type === "ping") {
      if (this.#active === agent) this.watch.heard(now);
      this.#send(agent, { type: "pong", client_timestamp: message.timestamp ?? null, server_timestamp: new Date(now).toISOString() });
      return;
    }
    if (message.type === "hello") {
      this.#hello(agent, message, now);
      return;
    }
    if (this.#active !== agent) {
      this.#refuse(agent, now, failure("hello_first"));
      return;
    }
    this.watch.heard(now);
    switch (message.type) {
      case "batch":
        this.#batch(agent, message, frame, now);
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
    if (hello.life === log.life && agent.attachment.connected_at < this.#connectedAt) {
      // It was on its way for long: whoever sent it has connected again since.
      this.#refuse(agent, now, failure("superseded"));
      return;
    }
    const decision = decideHello(hello, log.life, store.knowsLife(hello.life), log.lastSeq);
    if (decision.kind === "stale") {
      this.#refuse(agent, now, failure("stale_life"), { last_seq: store.lastSeqOf(hello.life) });
      return;
    }
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
    // After what may fail: until the new life is stored, what the earlier producer has sent is to be waited for.
    this.#takeOver(agent, hello, now);
    own.settle(hello.sent_seq);
    const demand = demandFor(this.#core.viewers.count);
    this.#demanded(agent, demand);
    this.#send(agent, { type: "ready", life: hello.life, last_seq: log.storedSeq, demand, limits: AGENT_LIMITS });
    this.#core.logger("info", "agent connected", {
      client_id: agent.attachment.client_id,
      decision: decision.kind,
      last_seq: log.storedSeq,
    });
    this.watch.heard(now);
    own.release(now);
    this.watch.judge(now);
    this.#commands.handOpen(now);
    this.#listed();
  }

  /** PR2: with hello a later connection takes over, and the earlier one must not come back. */
  #takeOver(agent: AgentSocket, hello: Hello, now: number): void {
    if (this.#active && this.#active !== agent) {
      const earlier = this.#active;
      earlier.attachment = { ...earlier.attachment, life: null };
      earlier.socket.remember(earlier.attachment);
      earlier.socket.close(ERRORS.superseded.close, ERRORS.superseded.message);
      this.#sockets.delete(earlier);
    }
    this.#active = agent;
    this.#connectedAt = agent.attachment.connected_at;
    this.watch.opened(agent.attachment.heard_at);
    agent.attachment = { ...agent.attachment, life: hello.life, clock_ms: clockDifference(hello.timestamp, now) };
    this.#sent(agent, hello.sent_seq);
  }

  /** What was sent outlives this object's memory: viewers are not sent it again, and its offsets are kept for it. */
  #sent(agent: AgentSocket, seq: number): void {
    agent.attachment = { ...agent.attachment, sent_through: this.#core.log.lastOffset, sent_seq: seq };
    agent.socket.remember(agent.attachment);
  }

  /** What the agent was told outlives this object's memory: a room that slept knows whether to say it anew. */
  #demanded(agent: AgentSocket, demand: Demand): void {
    this.#told = demand.mode;
    agent.attachment = { ...agent.attachment, demand: demand.mode };
    agent.socket.remember(agent.attachment);
  }

  #batch(agent: AgentSocket, batch: AgentBatch, frame: string | ArrayBuffer, now: number): void {
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
    const checked = checkEvents(batch.events.slice(decision.skip), frame);
    if (!checked.ok) {
      const seq = batch.first_seq + decision.skip + checked.index;
      this.#refuse(agent, now, failure(checked.code, `event ${seq}: ${checked.message}`), { seq });
      return;
    }
    const before = log.state.training_status;
    const lines = log.append(checked.events, now);
    agent.bucket.giveBack(1);
    this.#sent(agent, Math.max(agent.attachment.sent_seq, log.lastSeq));
    // Send first, then write: the output gate would hold back what is sent after a write until the write is confirmed.
    viewers.publish(lines, now);
    const newest = checked.events.at(-1)?.timestamp;
    if (newest !== undefined) counters.latency(now - Date.parse(newest) - (agent.attachment.clock_ms ?? 0));
    if (log.chunkDue(batch.flush === true, now)) {
      log.storeTail(now);
      this.#send(agent, { type: "ack", seq: log.storedSeq });
    }
    own.release(now);
    if (log.state.training_status !== before) this.#listed();
  }

  /** Where that ends the connection, the agent counts as gone from here on: it may take long to answer the close, or never do. */
  #refuse(
    agent: AgentSocket,
    now: number,
    { code, message }: Failure,
    more: { seq?: number; last_seq?: number; retry_after_ms?: number } = {},
  ): void {
    this.#core.counters.error(agent.attachment.client_id);
    this.#core.counters.refused(code);
    this.#send(agent, { type: "error", code, message, ...more });
    const close = ERRORS[code].close;
    if (close === null) return;
    agent.socket.close(close, message);
    this.remove(agent, false, now);
  }

  #send(agent: AgentSocket, message: RoomToAgent): boolean {
    const text = JSON.stringify({ ...message, timestamp: new Date().toISOString() });
    this.#core.counters.sent(text.length);
    return agent.socket.send(text);
  }
}

/** Two clocks that are set by the network differ by less than this; a hello takes a while too, and that is no difference. */
const CLOCKS_AGREE_MS = 1000;

/** @returns how far the room's clock is ahead of the agent's, 0 where they agree or the agent does not tell its own */
function clockDifference(timestamp: string | null | undefined, now: number): number {
  const difference = now - Date.parse(timestamp ?? "");
  return Math.abs(difference) >= CLOCKS_AGREE_MS ? difference : 0;
}
