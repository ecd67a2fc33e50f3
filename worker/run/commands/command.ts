import { COMMAND_TTL_MS, type CommandRecord, type CommandRequest, type CommandState } from "../../../protocol/index.ts";

/** CM1: a command from the moment it was asked for to its one terminal state. Times are milliseconds since 1970. */
export type Command = {
  request: CommandRequest;
  record: CommandRecord;
  expires_at: number;
  /** The producer's life that it was handed to; absent while it is queued, and in rows of before this was kept. */
  handed_to?: string | null;
};

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

/** @returns a command that waits as handed to a producer of this life */
export function handOver(command: Command, life: string | null): Command | null {
  const delivered = advance(command, { state: "delivered", global_step: null, error: null });
  return delivered && { ...delivered, handed_to: life };
}

/**
 * Whether a producer that has just greeted is to be given this command. One that its own life was given before is asked again: it may have died
 * before its trainer had it, and knows by the id. Another producer is not: what the earlier one's trainer had would be done twice.
 */
export function isFor(command: Command, life: string | null, now: number): boolean {
  if (now >= command.expires_at || !isOpen(command)) return false;
  return command.record.state === "queued" || command.handed_to === life;
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
  const error =
    command.record.state === "queued" ? "the agent was not connected in time" : "the trainer did not answer in time, and may still do it";
  return advance(command, { state: "expired", global_step: null, error });
}
