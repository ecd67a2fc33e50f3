import {
  AGENTS_PER_RUN,
  type AnyEvent,
  BLOBS_PER_RUN,
  BLOBS_PER_RUN_BYTES,
  type EventPage,
  failure,
  type Result,
  type RoomStatus,
  type RunDetail,
  type RunMetrics,
  type RunSummary,
  type SampleList,
  type Snapshot,
  VIEWERS_PER_RUN,
} from "../../protocol/index.ts";
import { CommandBook } from "./commands/command-book.ts";
import { CommandDesk } from "./commands/command-desk.ts";
import { type CoreParts, createCore, type RoomCore } from "./core.ts";
import { healthOf, textOf } from "./health.ts";
import { lifeFinder } from "./history/lives.ts";
import { type CurveQuery, readCurves } from "./history/read-curves.ts";
import { type EventQuery, readEvents } from "./log/event-page.ts";
import { AgentDesk } from "./producer/agent-desk.ts";
import type { BlobTotals } from "./storage/blob-tally.ts";
import type { StoragePort } from "./storage/sql-port.ts";
import type { RoomStore } from "./storage/store.ts";
import { ViewerDesk } from "./viewers/viewer-desk.ts";

const VIEWER_NAMES_SHOWN = 50;

/** `GET /api/runs/:run/samples`: those before an offset, at most `limit`. */
export type SampleQuery = { before: number; limit: number };

/** One run's room: composes the desks of viewers, producer and commands over one core, and answers reads. Knows nothing of the platform. */
export class Room {
  readonly core: RoomCore;
  readonly agent: AgentDesk;
  readonly viewers: ViewerDesk;
  readonly commands: CommandDesk;

  /** Milliseconds since 1970. */
  readonly #clock: () => number;
  /** When this room was woken, milliseconds since 1970. */
  readonly #awakeSince: number;

  constructor(parts: CoreParts & { storage: StoragePort }) {
    this.#clock = parts.clock;
    this.#awakeSince = parts.clock();
    this.core = createCore(parts, {
      welcomeAgain: (viewer, now) => this.viewers.welcomeAgain(viewer, now),
      ended: () => this.viewers.left(),
    });
    this.commands = new CommandDesk(this.core, new CommandBook(parts.storage.sql), (command) => this.agent.deliver(command));
    const listed = () => parts.effects.listed(this.summary());
    this.agent = new AgentDesk(this.core, this.commands, listed, parts.clock());
    this.viewers = new ViewerDesk(this.core, this.commands, {
      snapshot: () => this.snapshot(),
      audienceChanged: (first) => {
        this.agent.viewersChanged();
        if (first) listed();
      },
    });
  }

  /** Makes a run that does not exist yet: a producer has greeted. @param owner whose token it has */
  static create(store: RoomStore, run: string, owner: string, now: number): void {
    store.create(run, owner, new Date(now).toISOString());
  }

  summary(): RunSummary {
    const { run, createdAt, owner, log, viewers } = this.core;
    const { run_info: info, spark } = log.state;
    return {
      run,
      name: typeof info?.name === "string" ? info.name : null,
      status: textOf(log.state.training_status?.status),
      created_at: createdAt,
      updated_at: new Date(Math.max(this.agent.watch.lastHeard, log.lastChunkAt, Date.parse(createdAt))).toISOString(),
      viewers: viewers.presence(0, this.#clock()).count,
      agent_connected: this.agent.active !== null,
      progress: log.state.training_progress,
      owner,
      loss: spark ? { steps: spark.steps, values: spark.values } : null,
      last_sample: log.state.samples.at(-1) ?? null,
      progress_state: healthOf(log.state, this.agent.watch.link()).progress?.state ?? null,
    };
  }

  detail(): RunDetail {
    const { log } = this.core;
    return {
      ...this.summary(),
      run_info: log.state.run_info,
      snapshot: this.snapshot(),
      log_id: log.logId,
      oldest_offset: log.oldestOffset,
      last_offset: log.lastOffset,
    };
  }

  snapshot(): Snapshot {
    const { log, viewers } = this.core;
    // The list's curve is no viewer's: they have the real ones.
    const { spark: _, ...state } = log.state;
    return {
      ...state,
      commands: this.commands.open(),
      health: healthOf(log.state, this.agent.watch.link()),
      viewers: viewers.presence(VIEWER_NAMES_SHOWN, this.#clock()),
    };
  }

  events(query: EventQuery): EventPage {
    return readEvents(this.core.log, query);
  }

  /** Curves of the whole run, also of what was trimmed from the log. */
  metrics(query: CurveQuery): RunMetrics {
    const { history } = this.core.store;
    return readCurves(history, this.core.log.after(history.sealed().through), lifeFinder(this.core.store.lifeStarts()), query);
  }

  /** Samples of the run, newest first, also those whose events were trimmed from the log; `next` is the `before` of the next page. */
  samples({ before, limit }: SampleQuery): SampleList {
    const one = limit + 1;
    const stored = this.core.store.samples(before, one);
    const known = new Set(stored.map((sample) => sample.offset));
    const waiting = this.core.log.state.samples.filter(({ offset = 0 }) => !known.has(offset) && offset < before);
    const found = [...waiting, ...stored].sort((a, b) => (b.offset ?? 0) - (a.offset ?? 0)).slice(0, one);
    const samples = found.slice(0, limit);
    return { samples, next: found.length > limit ? (samples.at(-1)?.offset ?? null) : null };
  }

  sample(sampleId: string): AnyEvent | null {
    const recent = this.core.log.state.samples.findLast((sample) => sample.sample_id === sampleId);
    return recent ?? this.core.store.sample(sampleId);
  }

  /** The alarm: commands that ran out of time, and an agent that went silent. */
  wake(now: number): void {
    this.commands.expire(now);
    this.agent.watch.judge(now);
  }

  /** Figures for `/api/ws/status`. @param blobs what the run keeps in the bucket */
  status(blobs: BlobTotals): RoomStatus {
    const { log, store, counters } = this.core;
    return {
      training_state: textOf(log.state.training_status?.status),
      awake_since: new Date(this.#awakeSince).toISOString(),
      connections: this.viewers.connectionsByRole(this.agent.sockets),
      ...counters.read(),
      tail: log.tail,
      log: { bytes: store.chunks.bytes(), oldest_offset: log.oldestOffset, last_offset: log.lastOffset },
      blobs: { ...blobs, count_max: BLOBS_PER_RUN, bytes_max: BLOBS_PER_RUN_BYTES },
      limits: {
        viewers: this.core.viewers.count,
        viewers_max: VIEWERS_PER_RUN,
        agents: this.agent.sockets.size,
        agents_max: AGENTS_PER_RUN,
        refused: counters.refusals,
      },
      agent: { ...this.agent.watch.link(), ram_used_gb: log.state.system_stats?.agent_ram_used_gb ?? null },
    };
  }

  /** @returns a failure where this room has as many viewers as it can take */
  admit(limit: number): Result<null> {
    if (this.core.viewers.count < limit) return { ok: true, value: null };
    this.core.counters.refused("rate_limited");
    return failure("rate_limited", "this run has as many viewers as it can take");
  }
}
