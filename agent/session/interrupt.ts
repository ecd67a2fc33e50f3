import type { HookMessage, RoomToAgent } from "../../protocol/index.ts";
import type { Received } from "../ingest/ingest.ts";
import type { Say } from "../log.ts";
import type { Spool } from "../spool/spool.ts";
import { interruptible } from "./ctrl-c.ts";
import type { TrainerExit } from "./ipc.ts";

type RoomCommand = Extract<RoomToAgent, { type: "command" }>;

/**
 * `run --allow-interrupt`: a stop for a trainer that takes no commands becomes an interrupt, once. A trainer that has shown that it takes commands is
 * never interrupted: when its hook turns a stop down, or is away for a moment, it may be saving its last model.
 */
export type Interrupts = {
  /** The trainer runs. */
  attached(pid: number): void;
  /** A command goes to a hook, which may turn it down. */
  handed(command: RoomCommand): void;
  /** No hook is there. @returns why the command is rejected; null where the trainer's end will be the answer */
  unheard(command: RoomCommand): string | null;
  /** All that hooks say passes through here. @returns the same, but for a stop that was turned down */
  heard(received: Received): Received;
  /** What comes after this is too late. @returns the trainer's end as that of one that was asked to, where it was interrupted and ended like it */
  ended(exit: TrainerExit): TrainerExit;
  /** @returns ids of the stops that the trainer's end answers */
  answered(): string[];
};

export type InterruptOptions = {
  allowed: boolean;
  /** What an earlier start of the trainer left is not continued. */
  launch: string;
  spool: Spool;
  say: Say;
  /** @returns what interrupts a process, and says why not where it did not */
  interruptible?: typeof interruptible;
};

type Stop = { id: string; expires_at: string; save: boolean; interrupted: boolean };
type State = { launch: string; obeys: boolean; stops: Stop[] };

/** In the spool; the prefix makes it end with its process. */
const STATE_KEY = "process.interrupt";
/** More than are open at once: the room ends each after a minute. */
const STOPS_MAX = 64;
const NOBODY = "no trainer that takes commands is connected to the agent";
const NO_SAVE = "an interrupt cannot promise that the model is saved: a stop without that may interrupt it";
const ENDED = "the trainer has ended";
const HINT = "`runcast run --allow-interrupt` lets a stop interrupt such a trainer, as Ctrl-C does";

export function createInterrupts(options: InterruptOptions): Interrupts {
  const { allowed, launch, spool, say } = options;
  const saved = spool.recall(STATE_KEY) as State | undefined;
  const state: State = saved?.launch === launch ? saved : { launch, obeys: false, stops: [] };
  let press: (() => string | null) | null = null;
  let isOver = false;

  // On a full disk it is known as long as this process lives.
  const remember = () => void spool.write(() => spool.remember(STATE_KEY, state));
  const note = ({ id, expires_at, save = false }: RoomCommand): Stop => {
    const known = state.stops.find((stop) => stop.id === id);
    if (known) return known;
    const stop = { id, expires_at, save, interrupted: false };
    state.stops = [...state.stops, stop].slice(-STOPS_MAX);
    remember();
    return stop;
  };

  /** Remembered before it happens: after a kill -9 of this process in between nobody interrupts twice, where once makes many trainers save. */
  const interrupt = (stop: Stop): string | null => {
    if (isOver) return ENDED;
    if (stop.interrupted) return null;
    const now = Date.now();
    const isUnderWay = state.stops.some((other) => other.interrupted && now < Date.parse(other.expires_at));
    stop.interrupted = true;
    remember();
    if (isUnderWay) return null;
    const problem = press === null ? "it does not run yet" : press();
    if (problem === null) {
      say("info", "a stop was asked for: the command is interrupted, as Ctrl-C would (--allow-interrupt)");
      return null;
    }
    stop.interrupted = false;
    remember();
    return `the trainer cannot be interrupted: ${problem}`;
  };

  const turnedDown = (stop: Stop, reason: string): string | null => {
    if (state.obeys) return reason;
    if (!allowed) return `${reason}; ${HINT}`;
    return stop.save ? `${reason}; ${NO_SAVE}` : interrupt(stop);
  };

  return {
    attached: (pid) => {
      press = (options.interruptible ?? interruptible)(pid);
    },
    handed: (command) => {
      if (command.command === "stop") note(command);
    },
    unheard: (command) => (command.command === "stop" ? turnedDown(note(command), NOBODY) : NOBODY),
    heard: (received) => {
      const { message } = received;
      if (!state.obeys && showsObedience(message)) {
        state.obeys = true;
        remember();
      }
      if (message.type !== "command_update" || message.state !== "rejected") return received;
      const stop = state.stops.find(({ id }) => id === message.id);
      if (!stop) return received;
      const error = turnedDown(stop, message.error ?? "the trainer takes no commands");
      // Where its end will be the answer, the room hears what it knows.
      return { ...received, message: error === null ? { ...message, state: "delivered", error: null } : { ...message, error } };
    },
    ended: (exit) => {
      isOver = true;
      const isAsked = state.stops.some(({ interrupted }) => interrupted) && endsLikeAsked(exit);
      return isAsked ? { ...exit, passedOn: exit.passedOn ?? "SIGINT" } : exit;
    },
    answered: () => state.stops.filter(({ interrupted }) => interrupted).map(({ id }) => id),
  };
}

/** Whether a trainer says by this that it takes commands. */
function showsObedience(message: HookMessage): boolean {
  if (message.type === "run_info") return message.trainer === "onetrainer";
  return message.type === "stop_requested" || (message.type === "command_update" && message.state === "applied");
}

/** By the interrupt itself (a shell tells it as 130), or in order after it; or unknown, which nothing explains better. */
function endsLikeAsked({ code, signal }: TrainerExit): boolean {
  return signal === null ? code === null || code === 0 || code === 130 : signal === "SIGINT";
}
