import type { LinkState, RunEvent } from "../../../client/index.ts";
import {
  type AnyEvent,
  type CommandRecord,
  type EventOf,
  type EventType,
  fromWire,
  parseEvent,
  type Welcome,
} from "../../../protocol/index.ts";
import { withoutColours } from "../../console/plain-text.ts";
import { plainCell } from "../table.ts";

/** A point of the loss curve. */
export type Point = { step: number; value: number };

export type Line = { at: number; level: EventOf<"log">["level"]; text: string };

/** What is known of a command: enough for one line. */
export type CommandNews = Pick<CommandRecord, "command" | "state"> & { by: string | null; step: number | null; error: string | null };

/** What a watcher at a terminal has been told. Times are milliseconds since 1970, by the relay's clock where it stamped them. */
export type WatchState = {
  run: string;
  role: Welcome["role"] | null;
  link: LinkState | null;
  agent: { connected: boolean; since: string | null };
  viewers: number;
  latest: { [T in EventType]?: EventOf<T> };
  sample: EventOf<"sample_generated"> | null;
  command: CommandNews | null;
  /** Raw loss by step, the oldest first; bounded by {@link CURVE_POINTS}. */
  loss: readonly Point[];
  lines: readonly Line[];
  /** The line that a progress bar of the trainer is on. */
  bars: ReadonlyMap<string, Line>;
};

/** Twice as many as the widest terminal has dots. */
const CURVE_POINTS = 2048;
/** More than a terminal has lines. */
const LINES = 500;

export function unwatched(run: string): WatchState {
  const agent = { connected: false, since: null };
  return { run, role: null, link: null, agent, viewers: 0, latest: {}, sample: null, command: null, loss: [], lines: [], bars: new Map() };
}

/** The state that a welcome describes; what was recovered stands. */
export function welcomed(state: WatchState, welcome: Welcome): WatchState {
  const { role, snapshot } = welcome;
  const base = welcome.recovered ? state : { ...unwatched(state.run), link: state.link };
  const { agent } = snapshot.health;
  let next: WatchState = { ...base, role, agent: { connected: agent.connected, since: agent.since }, viewers: snapshot.viewers.count };
  if (welcome.recovered) return next;
  const events: (AnyEvent | null | undefined)[] = [
    snapshot.training_progress,
    snapshot.training_status,
    snapshot.sample_progress,
    snapshot.system_stats,
    snapshot.validation_result,
    snapshot.run_info,
    snapshot.training_health,
    ...snapshot.samples,
  ];
  for (const event of events) {
    const parsed = event ? parseEvent(event) : null;
    if (parsed?.kind === "known") next = { ...next, latest: { ...next.latest, [parsed.event.type]: parsed.event } };
  }
  return { ...next, sample: next.latest.sample_generated ?? null };
}

/** The state after an event. */
export function told(state: WatchState, event: RunEvent): WatchState {
  const next: WatchState = { ...state, latest: { ...state.latest, [event.type]: event } };
  switch (event.type) {
    case "training_progress":
      return { ...next, loss: withPoint(state.loss, event) };
    case "log":
      return withLine(next, event);
    case "sample_generated":
      return { ...next, sample: event };
    case "agent_status":
      return { ...next, agent: { connected: event.connected, since: event.since ?? null } };
    case "command_status": {
      const { command, state: reached, by = null, global_step: step = null, error = null } = event;
      return { ...next, command: { command, state: reached, by, step, error } };
    }
    default:
      return next;
  }
}

/** The last loss of a step stands; a training that went back begins a new line there, so what it had from that step on goes. */
function withPoint(points: readonly Point[], event: EventOf<"training_progress">): readonly Point[] {
  const value = fromWire(event.loss ?? event.smooth_loss);
  const { global_step: step } = event;
  if (value === null || typeof step !== "number") return points;
  const before = (points.at(-1)?.step ?? -1) < step ? points : points.filter((point) => point.step < step);
  const kept = before.length < CURVE_POINTS ? before : before.filter((_, index) => index % 2 === 1 || index > CURVE_POINTS / 2);
  return [...kept, { step, value }];
}

function withLine(state: WatchState, event: EventOf<"log"> & { timestamp: string }): WatchState {
  const line = { at: Date.parse(event.timestamp), level: event.level, text: plainCell(withoutColours(event.message)) };
  const bar = event.progress === true && typeof event.bar === "string" ? event.bar : null;
  const known = bar === null ? undefined : state.bars.get(bar);
  const lines = known ? state.lines.map((each) => (each === known ? line : each)) : [...state.lines.slice(-LINES + 1), line];
  return { ...state, lines, bars: bar === null ? state.bars : new Map([[bar, line]]) };
}
