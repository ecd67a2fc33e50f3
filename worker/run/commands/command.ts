import { COMMAND_TTL_MS, type CommandRecord, type CommandRequest, type CommandState } from "../../../protocol/index.ts";

/** CM1: a command from the moment it was asked for to its one terminal state. Times are milliseconds since 1970. */
export type Command = { request: CommandRequest; record: CommandRecord; expires_at: number };

const TERMINAL: ReadonlySet<CommandState> = new Set<CommandState>(["applied", "rejected", "expired", "failed"]);

export function isOpen(command: Command): boolean {
  return !TERMINAL.has(command.record.state);
}

export function queueCommand(request: CommandRequest, by: string, now: number): Command {
  const record: CommandRecord = {
    id: request.id,
    command: request.command,
    state: "queued",
    by,
    requested_at: new Date(now).toISOString(),
    global_step: null,
    error: null,
  };
  return { request, record, expires_at: now + COMMAND_TTL_MS };
}

/** What the agent says of a command. */
export type CommandUpdate = { state: CommandState; global_step: number | null; error: string | null };

const ORDER: Record<CommandState, number> = { queued: 0, delivered: 1, applied: 2, rejected: 2, expired: 2, failed: 2 };

/** @returns the command in its next state, or null where the update changes nothing: states only go forward, a terminal one stays. */
export function advance(command: Command, update: CommandUpdate): Command | null {
  if (!isOpen(command) || ORDER[update.state] <= ORDER[command.record.state]) return null;
  const ended = TERMINAL.has(update.state) && update.state !== "applied";
  const error = ended ? (update.error ?? `the command was ${update.state}`) : null;
  return { ...command, record: { ...command.record, state: update.state, global_step: update.global_step, error } };
}

/** @returns the command as expired, or null while it still has time or has ended. */
export function expire(command: Command, now: number): Command | null {
  if (now < command.expires_at) return null;
  const error = command.record.state === "queued" ? "the agent was not connected in time" : "the trainer did not answer in time";
  return advance(command, { state: "expired", global_step: null, error });
}
