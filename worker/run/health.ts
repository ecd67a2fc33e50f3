import type { AnyEvent, Health } from "../../protocol/index.ts";
import type { RunState } from "./snapshot.ts";

/**
 * HL1: what is known of a run's health, each truth by itself. What an agent has said of a trainer that lives is true for as long as the agent is
 * there to take it back; that a trainer has ended stays true.
 * @param link the agent's, as the room sees it now
 */
export function healthOf(state: RunState, link: Health["agent"]): Health {
  const status = state.training_status;
  const told = state.training_health;
  // A link that blinks is no silence: what was told of it once a change had lasted counts.
  const silent = state.agent_status?.connected === false;
  return {
    agent: link,
    trainer: { status: textOf(status?.status), phase: textOf(status?.phase), error: textOf(status?.error) },
    process: processOf(told, silent),
    progress: progressOf(told, silent),
  };
}

function processOf(told: AnyEvent | null, silent: boolean): Health["process"] {
  const { state, pid, exit_code, signal } = fieldsOf(told?.process);
  const unknown = typeof state !== "string" || (silent && state === "alive");
  return {
    state: unknown ? "unknown" : state,
    pid: typeof pid === "number" ? pid : null,
    exit_code: typeof exit_code === "number" ? exit_code : null,
    signal: textOf(signal),
  };
}

function progressOf(told: AnyEvent | null, silent: boolean): Health["progress"] {
  const { state, since, phase, usual_s, threshold_s, reason } = fieldsOf(told?.progress);
  const unknown = typeof state !== "string" || (silent && state !== "over");
  return {
    state: unknown ? "unknown" : state,
    since: textOf(since),
    phase: textOf(phase),
    usual_s: typeof usual_s === "number" ? usual_s : null,
    threshold_s: typeof threshold_s === "number" ? threshold_s : null,
    reason: textOf(reason),
  };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
