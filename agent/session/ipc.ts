import type { Relay } from "../config/relay.ts";
import type { Level } from "../log.ts";
import type { PrivacyWish } from "../privacy/privacy.ts";
import type { Credentials } from "../uplink/credentials.ts";

/**
 * What the launcher and its agent process say to each other, over Node's IPC channel with structured clones. Both sides are the
 * same program, so nothing is checked. The end of the channel is a message too: the other side is dead.
 */

/** All that an agent process needs; nothing of it shows in `ps`. */
export type AgentConfig = {
  /** Random, one for each start of the trainer: a respawned agent goes on, a new start of the same run begins. */
  launch: string;
  run: string;
  /** Shown to viewers. `explicit` where the user chose it. */
  name: string;
  nameIsExplicit: boolean;
  relay: Relay;
  credentials: Credentials;
  spool: string;
  /** Bytes of events that it may hold (PR4). */
  spoolBytes: number;
  hookFile: string;
  /** A stop may interrupt a trainer that takes no commands. */
  allowInterrupt: boolean;
  privacy: PrivacyWish;
  startedAt: string;
};

/** How the trainer's process ended; `passedOn` is the signal that the launcher was sent. */
export type TrainerExit = { code: number | null; signal: string | null; passedOn: string | null };

export type ConsoleSource = "stdout" | "stderr";

/** Console output in the order in which it was read. `t` is milliseconds since 1970. */
export type ConsoleItem =
  | { kind: "bytes"; n: number; source: ConsoleSource; bytes: Uint8Array; t: number }
  /** Output up to `n` that nobody took in time. */
  | { kind: "lost"; n: number; bytes: number; t: number };

export type LauncherToAgent =
  | { type: "start"; config: AgentConfig }
  /** The trainer runs. An agent that is never told so leaves no trace. */
  | { type: "attached"; pid: number }
  | { type: "console"; item: ConsoleItem }
  /** Comes after all console output. `outputOpen`: other processes still hold the trainer's pipes, the agent is to read on. */
  | { type: "exited"; exit: TrainerExit; outputOpen: boolean };

export type AgentToLauncher =
  /** Hooks can connect; the spool is open and holds the console up to `consoleN`. */
  | { type: "ready"; consoleN: number }
  | { type: "console_ack"; n: number }
  | { type: "say"; level: Level; text: string }
  /** The run's end is recorded, and sent as far as that was possible. */
  | { type: "finished" };

/** The agent's file descriptors for the read ends of the trainer's stdout and stderr. */
export const PIPE_FDS: Readonly<Record<ConsoleSource, number>> = { stdout: 3, stderr: 4 };

/** Exit code of an agent that found another one at work on its run. */
export const EXIT_BUSY = 75;
/** Exit code of an agent whose folders are not its user's alone (AC7). */
export const EXIT_REFUSED = 77;
