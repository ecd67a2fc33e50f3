import type {
  AnyEvent,
  CommandRecord,
  CommandRequest,
  CommandState,
  EventPage,
  Result,
  RunDetail,
  RunSummary,
  Snapshot,
} from "../../protocol/index.ts";
import { failure } from "../../protocol/index.ts";
import type { Log } from "../log.ts";
import { AgentDesk } from "./agent-desk.ts";
import { CommandBook } from "./command-book.ts";
import { advance, type CommandUpdate, expire, isOpen, queueCommand } from "./commands.ts";
import { Counters } from "./counters.ts";
import { type EventQuery, readEvents } from "./event-page.ts";
import { OwnEvents } from "./own-events.ts";
import { RunLog } from "./run-log.ts";
import type { RoomStore, StoragePort } from "./store.ts";
import { ViewerDesk } from "./viewer-desk.ts";
import { Viewers } from "./viewers.ts";

/** What the room asks of its surroundings. */
export type RoomEffects = {
  /** Milliseconds since 1970: wake the room then. The earliest wish counts. */
  alarm(at: number): void;
  /** The list of runs should know. */
  listed(summary: RunSummary): void;
  newId(): string;
};

/** Figures of one run for `/api/ws/status`. */
export type RoomStatus = ReturnType<Room["status"]>;

const VIEWER_NAMES_SHOWN = 50;

/** One run's room: composes the log, the viewers, the producer and the commands. Knows nothing of the platform. */
export class Room {
  readonly run: string;
  readonly createdAt: string;
  readonly log: RunLog;
  readonly store: RoomStore;
  readonly viewers: Viewers;
  readonly counters: Counters;
  readonly own: OwnEvents;
  readonly agent: AgentDesk;
  readonly desk: ViewerDesk;
  readonly #book: CommandBook;
  readonly #effects: RoomEffects;

  /** @param told highest offset that viewers were sent, as the hibernated producer's attachment has it; null without one */
  constructor(parts: {
    store: RoomStore;
    storage: StoragePort;
    effects: RoomEffects;
    logger: Log;
    told: number | null;
    clock: () => number;
  }) {
    const { store, effects } = parts;
    const meta = store.meta();
    this.run = meta.run;
    this.createdAt = meta.created_at;
    this.store = store;
    this.log = new RunLog(store);
    this.counters = new Counters(parts.clock);
    this.viewers = new Viewers(this.counters, parts.logger, (viewer, now) => this.desk.welcomeAgain(viewer, now));
    this.#book = new CommandBook(parts.storage.sql);
    this.#effects = effects;
    const lost = Math.max(0, (parts.told ?? 0) - this.log.lastOffset);
    // Without a producer's socket nobody knows what viewers saw since the last chunk, unless the agent was reported gone, and so stored, before.
    const uncertain = parts.told === null && this.log.state.agent_status?.connected === true;
    this.own = new OwnEvents(this.log, this.viewers, effects.newId, { sentSeq: lost > 0 ? this.log.lastSeq + lost : 0, uncertain });
    this.desk = new ViewerDesk(this, parts.logger);
    this.agent = new AgentDesk(this, parts.logger, effects, parts.clock());
  }

  /** Makes a run that does not exist yet: a producer has greeted. */
  static create(store: RoomStore, run: string, now: number): void {
    store.create({ run, created_at: new Date(now).toISOString(), run_info: null });
  }

  summary(): RunSummary {
    const { state } = this.log;
    const info = state.run_info;
    return {
      run: this.run,
      name: typeof info?.name === "string" ? info.name : null,
      status: (state.training_status?.status as string | undefined) ?? null,
      created_at: this.createdAt,
      updated_at: new Date(Math.max(this.agent.lastHeard, this.log.lastChunkAt, Date.parse(this.createdAt))).toISOString(),
      viewers: this.viewers.count,
      agent_connected: this.agent.connected,
      progress: state.training_progress,
    };
  }

  detail(): RunDetail {
    return {
      ...this.summary(),
      run_info: this.log.state.run_info,
      snapshot: this.snapshot(),
      log_id: this.log.logId,
      oldest_offset: this.log.oldestOffset,
      last_offset: this.log.lastOffset,
    };
  }

  snapshot(): Snapshot {
    const { state } = this.log;
    const status = state.training_status;
    const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
    return {
      ...state,
      commands: this.#book.open().map((command) => command.record),
      health: {
        agent: this.agent.link(),
        trainer: { status: text(status?.status), phase: text(status?.phase), error: text(status?.error) },
      },
      viewers: { count: this.viewers.count, names: this.viewers.names(VIEWER_NAMES_SHOWN) },
    };
  }

  events(query: EventQuery): EventPage {
    return readEvents(this.log, query);
  }

  /** Every sample of the run, newest first, also those whose events were trimmed from the log. */
  samples(): AnyEvent[] {
    const waiting: AnyEvent[] = [];
    const newestStored = this.store.samples();
    const known = new Set(newestStored.map((sample) => sample.offset));
    for (const sample of this.log.state.samples) if (!known.has(sample.offset)) waiting.unshift(sample);
    return [...waiting, ...newestStored];
  }

  sample(sampleId: string): AnyEvent | null {
    return this.samples().find((sample) => sample.sample_id === sampleId) ?? null;
  }

  commands(): CommandRecord[] {
    return this.#book.records();
  }

  /** CM1: asks for a command; the same id twice runs once. @returns its state now */
  command(request: CommandRequest, by: string, now: number): Result<CommandState> {
    const known = this.#book.get(request.id);
    if (known) return { ok: true, value: known.record.state };
    const status = this.log.state.training_status?.status;
    const command = queueCommand(request, by, now);
    this.#book.put(command);
    this.#say(command.record, now);
    if (status === "completed" || status === "stopped" || status === "error") {
      return {
        ok: true,
        value: this.updateCommand(request.id, { state: "rejected", global_step: null, error: "the training has ended" }, now),
      };
    }
    if (this.agent.deliver(command)) {
      return { ok: true, value: this.updateCommand(request.id, { state: "delivered", global_step: null, error: null }, now) };
    }
    this.#effects.alarm(command.expires_at);
    return { ok: true, value: "queued" };
  }

  /** What the agent, or time, says of a command. @returns its state after it */
  updateCommand(id: string, update: CommandUpdate, now: number): CommandState {
    const command = this.#book.get(id);
    if (!command) return "failed";
    const next = advance(command, update);
    if (!next) return command.record.state;
    this.#book.put(next);
    this.#say(next.record, now);
    if (isOpen(next)) this.#effects.alarm(next.expires_at);
    return next.record.state;
  }

  /** Hands waiting commands to a producer that has just come. */
  deliverQueued(now: number): void {
    for (const command of this.#book.open()) {
      if (command.record.state !== "queued" || now >= command.expires_at || !this.agent.deliver(command)) continue;
      this.updateCommand(command.record.id, { state: "delivered", global_step: null, error: null }, now);
    }
  }

  /** The alarm: commands that ran out of time, and an agent that went silent. */
  wake(now: number): void {
    for (const command of this.#book.open()) {
      const expired = expire(command, now);
      if (!expired) {
        this.#effects.alarm(command.expires_at);
        continue;
      }
      this.#book.put(expired);
      this.#say(expired.record, now);
    }
    this.agent.judge(now);
  }

  status() {
    const stats = this.log.state.system_stats;
    return {
      training_state: (this.log.state.training_status?.status as string | undefined) ?? null,
      connections: this.desk.connectionsByRole(this.agent.sockets),
      ...this.counters.read(),
      tail: this.log.tail,
      log: { bytes: this.store.logBytes(), oldest_offset: this.log.oldestOffset, last_offset: this.log.lastOffset },
      agent: { ...this.agent.link(), ram_used_gb: stats?.agent_ram_used_gb ?? null },
    };
  }

  /** Tells the list of runs, after something that it shows has changed. */
  list(): void {
    this.#effects.listed(this.summary());
  }

  /** @returns a failure for a socket that this room cannot take */
  admit(limit: number): Result<null> {
    return this.viewers.count >= limit ? failure("rate_limited", "this run has as many viewers as it can take") : { ok: true, value: null };
  }

  #say(record: CommandRecord, now: number): void {
    const { id, requested_at: _, ...fields } = record;
    this.own.place({ type: "command_status", timestamp: new Date(now).toISOString(), command_id: id, ...fields }, now);
  }
}
