import type { RunStatus } from "../../protocol/events.ts";
import { type EtaState, initialEta } from "../eta/state.ts";
import { emptyJoin, type JoinState } from "./scalar-join.ts";

export type Status = { status: RunStatus; phase: string | null; message: string | null; error: string | null };

/** What OneTrainer's callback, or the explicit API, told last. */
export type Progress = {
  epoch: number | null;
  epoch_step: number | null;
  global_step: number | null;
  max_step: number | null;
  max_epoch: number | null;
};

/**
 * One training, from its first word to its end. A process may hold several, one after the other (a GUI), and a run several processes.
 * All of it is plain JSON.
 */
export type TrainingState = {
  /** `onetrainer`, `tensorboard`, `python`; null until the trainer says. */
  trainer: string | null;
  /** The trainer speaks through callbacks, so its scalars alone say nothing of its progress. */
  callbacks: boolean;
  progress: Progress | null;
  stop_requested: boolean;
  /** Python's word for a Ctrl-C that left the training: whether it ends as stopped is known when the process is gone. */
  interrupted: string | null;
  join: JoinState;
  eta: EtaState;
  /** While it is paused: the phase that it said it was in, and what the ETA took that for. */
  paused_in: { phase: string | null; eta: string | null } | null;
  /** Kept until the first step shows whether the run was resumed; a large configuration is not carried any longer than that. */
  run_info: Record<string, unknown> | null;
};

/**
 * What the translator has to remember. The agent stores it together with the events that it led to, so that after a kill -9 nothing is
 * said twice and statuses are still said on change only.
 */
export type TranslatorState = {
  status: Status | null;
  training: TrainingState;
  /** Sessions of the hook that were heard, oldest first, newest few. */
  sessions: string[];
  /** Newest global step that anything told, for scalars without one. */
  last_step: number | null;
  /** Points so far of each series that was logged without a step while no step was known. */
  counts: Record<string, number>;
  /** Names of all series of the run. */
  series: string[];
  /** A run has more series than the protocol takes; said once. */
  series_full: boolean;
};

export const initialTraining = (): TrainingState => ({
  trainer: null,
  callbacks: false,
  progress: null,
  stop_requested: false,
  interrupted: null,
  join: emptyJoin(),
  eta: initialEta(),
  paused_in: null,
  run_info: null,
});

export const initialState = (): TranslatorState => ({
  status: null,
  training: initialTraining(),
  sessions: [],
  last_step: null,
  counts: {},
  series: [],
  series_full: false,
});

/** @returns whether the newest status is the end of a training. */
export function isOver(status: Status | null): boolean {
  return status !== null && (status.status === "completed" || status.status === "stopped" || status.status === "error");
}
