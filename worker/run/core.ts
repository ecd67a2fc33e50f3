import type { Result, RunSummary } from "../../protocol/index.ts";
import type { Log } from "../log.ts";
import { Counters } from "./counters.ts";
import { OwnEvents } from "./log/own-events.ts";
import { RunLog } from "./log/run-log.ts";
import type { Identity } from "./sockets.ts";
import type { RoomStore } from "./storage/store.ts";
import { Viewers, type ViewersSurroundings } from "./viewers/fan-out.ts";

/** What a room asks of its surroundings. */
export type RoomEffects = {
  /** Milliseconds since 1970: wake the room then. The earliest wish counts. */
  alarm(at: number): void;
  /** The list of runs should know. */
  listed(summary: RunSummary): void;
  newId(): string;
  /** Whose token it is, for this run (AC4). Answers later, and for one that is good for nothing too. */
  identify(token: string, answer: (result: Result<Identity>, now: number) => void): void;
};

/** What the desks of a room share: the log and who is told of it. */
export type RoomCore = {
  readonly run: string;
  readonly createdAt: string;
  /** Whose token began the run; null for one of an older relay. */
  readonly owner: string | null;
  readonly store: RoomStore;
  readonly log: RunLog;
  readonly viewers: Viewers;
  readonly counters: Counters;
  readonly own: OwnEvents;
  readonly effects: RoomEffects;
  readonly logger: Log;
};

export type CoreParts = {
  store: RoomStore;
  effects: RoomEffects;
  logger: Log;
  /** Highest seq that the producer ever sent, as its hibernated socket has it; null without one. */
  sentSeq: number | null;
  /** Milliseconds since 1970. */
  clock: () => number;
};

export function createCore({ store, effects, logger, sentSeq, clock }: CoreParts, viewersAround: ViewersSurroundings): RoomCore {
  const meta = store.meta();
  const log = new RunLog(store);
  const counters = new Counters(clock);
  const viewers = new Viewers(counters, logger, viewersAround);
  const own = new OwnEvents(store, log, viewers, effects.newId, sentSeq);
  return { run: meta.run, createdAt: meta.created_at, owner: meta.owner, store, log, viewers, counters, own, effects, logger };
}
