import type { AgentToHook, RoomToAgent } from "../../protocol/index.ts";
import type { Connection } from "../ingest/connection.ts";
import type { Spool } from "../spool/spool.ts";

/** A command as the room sends it. It may come again: after a reconnect, or to the agent that follows one that was killed. */
export type RoomCommand = Extract<RoomToAgent, { type: "command" }>;

/**
 * The agent's part of commands (CM1): each goes to one hook and no other, whatever dies in between. That it goes is remembered before it does;
 * the hook knows by its id whether it had it, and answers anew. What nobody can answer any more has failed, and says why.
 */
export type CommandDesk = {
  take(command: RoomCommand): void;
  /** A hook has come or gone. */
  hooksChanged(): void;
  /** A hook said what became of it. */
  answered(id: string): void;
  /** The trainer's process is gone, and everything that it said was taken in. */
  trainerGone(): void;
  close(): void;
};

export type CommandDeskOptions = {
  spool: Spool;
  /** Names this start of the trainer. */
  launch: string;
  hooks: { newest(): Connection | null; of(session: string): Connection | null };
  /** A command goes to a hook for the first time. */
  onPass: (command: RoomCommand) => void;
  /** No hook is there for it. @returns why it is rejected; null where something else will be the answer */
  unheard: (command: RoomCommand) => string | null;
  /** The spool has an answer for the room. */
  onAnswer: () => void;
  /** Milliseconds, of a clock that nobody sets. */
  clock: () => number;
};

/**
 * A command waits so long for a hook, counted from the agent's start and from the end of the last hook's connection: one that has lost its agent
 * looks for the next one each second.
 */
export const HOOK_GRACE_MS = 5000;

/** Of one that is older the room has told the end long ago: none is open for more than a minute. */
const REMEMBERED_MS = 10 * 60 * 1000;
/** In the spool, also for the next start of the trainer: what an earlier one was asked is not for that. */
const MEMORY_KEY = "commands";

/** `until`: milliseconds of the desk's clock. */
type Waiting = { command: RoomCommand; until: number | null };
/** `at`: milliseconds since 1970. */
type Handed = { id: string; launch: string; session: string; at: number; answered: boolean };

export function createCommandDesk({ spool, launch, hooks, onPass, unheard, onAnswer, clock }: CommandDeskOptions): CommandDesk {
  let handed = ((spool.recall(MEMORY_KEY) ?? []) as Handed[]).filter(({ at }) => Date.now() - at < REMEMBERED_MS);
  let waiting: Waiting[] = [];
  let hookSeenAt = clock();
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  const remember = (next: Handed[]): void => {
    handed = next;
    // Where the disk is full it is known until this process ends, and the hook knows it all the same.
    spool.write(() => spool.remember(MEMORY_KEY, handed));
  };
  const settle = (id: string): void => {
    if (handed.some((entry) => entry.id === id && !entry.answered)) {
      remember(handed.map((entry) => (entry.id === id ? { ...entry, answered: true } : entry)));
    }
  };
  const answer = (id: string, state: "rejected" | "failed", error: string): void => {
    // On a full disk nothing is answered, and the room ends the command at its time to live.
    if (!spool.write(() => spool.commandUpdates.add({ type: "command_update", id, state, error }))) return;
    settle(id);
    onAnswer();
  };
  const pass = (hook: Connection, session: string, { command, until }: Waiting): void => {
    const { expires_at: _, timestamp: __, ...request } = command;
    const line: AgentToHook = until === null ? request : { ...request, expires_in: (until - clock()) / 1000 };
    if (!handed.some(({ id }) => id === command.id)) {
      onPass(command);
      const now = Date.now();
      const fresh = handed.filter(({ at }) => now - at < REMEMBERED_MS);
      remember([...fresh, { id: command.id, launch, session, at: now, answered: false }]);
    }
    hook.send(line);
  };

  const reject = (command: RoomCommand): void => {
    const error = unheard(command);
    if (error !== null) answer(command.id, "rejected", error);
  };

  /** @returns whether the command is dealt with; else a hook may still come for it */
  const settled = (held: Waiting): boolean => {
    const { command } = held;
    const { id } = command;
    const before = handed.find((entry) => entry.id === id);
    // Its answer waits for the room, or has been told.
    if (before?.answered) return true;
    const hook = before ? hooks.of(before.session) : hooks.newest();
    const session = hook?.session();
    if (hook && session && (!before || before.launch === launch)) {
      pass(hook, session, held);
      return true;
    }
    if (before && before.launch !== launch) answer(id, "failed", GONE);
    else if (clock() < hookSeenAt + HOOK_GRACE_MS) return false;
    else if (before) answer(id, "failed", GONE);
    else reject(command);
    return true;
  };

  const look = (): void => {
    if (closed) return;
    if (timer) clearTimeout(timer);
    waiting = waiting.filter((held) => !settled(held));
    timer = waiting.length === 0 ? null : setTimeout(look, Math.max(1, hookSeenAt + HOOK_GRACE_MS - clock()));
  };

  return {
    take: (command) => {
      waiting = [...waiting.filter((held) => held.command.id !== command.id), { command, until: untilOf(command, clock()) }];
      look();
    },
    hooksChanged: () => {
      hookSeenAt = clock();
      look();
    },
    answered: settle,
    trainerGone: () => {
      for (const { id, answered } of handed) if (!answered) answer(id, "failed", GONE);
      for (const { command } of waiting.splice(0)) answer(command.id, "rejected", "the training has ended");
      look();
    },
    close: () => {
      closed = true;
      if (timer) clearTimeout(timer);
    },
  };
}

/** @returns when the room calls it expired, by the clock here: both of its times are of the room's, which may be set differently; null where it tells none */
function untilOf({ expires_at, timestamp }: RoomCommand, now: number): number | null {
  const left = Date.parse(expires_at) - Date.parse(typeof timestamp === "string" ? timestamp : "");
  return Number.isNaN(left) ? null : now + left;
}

const GONE = "the trainer that had it is gone, and did not say what became of it";
