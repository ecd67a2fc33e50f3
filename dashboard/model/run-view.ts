import type { RunEvent } from "../../client/index.ts";
import {
  type AnyEvent,
  type CommandName,
  type CommandRecord,
  type CommandState,
  type EventOf,
  type EventType,
  parseEvent,
  type Role,
  type Snapshot,
} from "../../protocol/index.ts";

/** An event and when it was true, in this machine's milliseconds since 1970. */
export type Told<T extends EventType> = { event: EventOf<T>; at: number };

export type AgentLink = { connected: boolean; since: string | null; last_heard: string | null; reason: string | null };

/** HL1: what the agent sees of the trainer. `unknown` where nobody says, or is there to take back what was said. */
export type TrainerHealth = {
  process: { state: string; pid: number | null; exit_code: number | null; signal: string | null };
  progress: { state: string; since: string | null; reason: string | null };
};

const UNKNOWN_HEALTH: TrainerHealth = {
  process: { state: "unknown", pid: null, exit_code: null, signal: null },
  progress: { state: "unknown", since: null, reason: null },
};

export type CommandRow = {
  id: string;
  command: CommandName;
  state: CommandState;
  by: string | null;
  global_step: number | null;
  error: string | null;
};

/** The present state of a run as a page shows it: what it holds is replaced, never changed. */
export type RunView = {
  role: Role | null;
  info: EventOf<"run_info"> | null;
  progress: Told<"training_progress"> | null;
  status: Told<"training_status"> | null;
  sampling: Told<"sample_progress"> | null;
  stats: Told<"system_stats"> | null;
  validation: Told<"validation_result"> | null;
  agent: AgentLink | null;
  trainer: TrainerHealth;
  /** Newest first. */
  commands: readonly CommandRow[];
};

export const EMPTY_VIEW: RunView = {
  role: null,
  info: null,
  progress: null,
  status: null,
  sampling: null,
  stats: null,
  validation: null,
  agent: null,
  trainer: UNKNOWN_HEALTH,
  commands: [],
};

const COMMANDS_KEPT = 20;

/** The view that a welcome describes, before anything is replayed. @param localTime turns a timestamp into this machine's time */
export function viewOfSnapshot(snapshot: Snapshot, role: Role, localTime: (timestamp: string) => number): RunView {
  let view: RunView = { ...EMPTY_VIEW, role, agent: { reason: null, ...snapshot.health.agent } };
  const { process = UNKNOWN_HEALTH.process, progress = UNKNOWN_HEALTH.progress } = snapshot.health;
  view = { ...view, trainer: { process, progress } };
  for (const record of snapshot.commands) view = { ...view, commands: withCommand(view.commands, rowOfRecord(record)) };
  const { training_progress, training_status, sample_progress, system_stats, validation_result, run_info, agent_status } = snapshot;
  // The room tells of the agent's link once a change has lasted: its word on the moment would call a blink offline, and never take it back.
  const latest = [training_progress, training_status, sample_progress, system_stats, validation_result, run_info, agent_status];
  for (const event of latest) if (event) view = applyAny(view, event, localTime(event.timestamp ?? ""));
  return view;
}

/** An event from an answer over HTTP or a snapshot; one that this version does not know changes nothing. */
export function applyAny(view: RunView, event: AnyEvent, at: number): RunView {
  const parsed = parseEvent(event);
  return parsed.kind === "known"
    ? applyEvent(view, { ...parsed.event, offset: event.offset ?? 0, timestamp: event.timestamp ?? "" }, at)
    : view;
}

/**
 * @param at when the event was true, in this machine's milliseconds
 * @returns the view after the event
 */
export function applyEvent(view: RunView, event: RunEvent, at: number): RunView {
  switch (event.type) {
    case "training_progress":
      return { ...view, progress: { event, at } };
    case "training_status":
      return { ...view, status: { event, at } };
    case "sample_progress":
      return { ...view, sampling: { event, at } };
    case "system_stats":
      return { ...view, stats: { event, at } };
    case "validation_result":
      return { ...view, validation: { event, at } };
    case "run_info":
      return { ...view, info: event };
    case "agent_status": {
      const { connected, since = null, last_heard = null, reason = null } = event;
      return { ...view, agent: { connected, since, last_heard, reason } };
    }
    case "training_health":
      return { ...view, trainer: healthOf(event) };
    case "sample_generated":
      return { ...view, sampling: null };
    case "command_status": {
      const { command_id: id, command, state, by = null, global_step = null, error = null } = event;
      return { ...view, commands: withCommand(view.commands, { id, command, state, by, global_step, error }) };
    }
    case "log":
    case "metrics":
    case "alert":
      return view;
  }
}

function withCommand(rows: readonly CommandRow[], row: CommandRow): readonly CommandRow[] {
  const known = rows.findIndex((each) => each.id === row.id);
  if (known >= 0) return rows.with(known, row);
  return [row, ...rows].slice(0, COMMANDS_KEPT);
}

function rowOfRecord({ id, command, state, by, global_step, error }: CommandRecord): CommandRow {
  return { id, command, state, by, global_step, error };
}

function healthOf({ process, progress }: EventOf<"training_health">): TrainerHealth {
  const { pid = null, exit_code = null, signal = null } = process;
  const { since = null, reason = null } = progress;
  return { process: { state: process.state, pid, exit_code, signal }, progress: { state: progress.state, since, reason } };
}
