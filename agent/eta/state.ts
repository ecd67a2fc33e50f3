/** Where a training is, in steps of the whole training; `total` and `epoch_steps` (steps of one epoch) are null where unknown. */
export type Place = { done: number; total: number | null; epoch_steps: number | null };

/** One measured step: the training's steps done after it, and its seconds without overheads. */
export type Timing = { done: number; seconds: number };

/** Older timings, summed up: `steps` of them with mean and squared deviations (seconds, seconds²). */
export type Block = { steps: number; mean: number; deviation: number };

/** Once that something other than a step held the training: after which step, and for how long. */
export type Occurrence = { done: number; seconds: number; initial: boolean };

/** What is known of one kind of overhead (`caching`, `sampling`, `validating`, `saving`, `backup`, …). */
export type Overhead = { latest: Occurrence[]; count: number; initial: boolean };

/**
 * All that the ETA remembers: plain JSON, some two hundred numbers at most, however long the run. Times are seconds since 1970.
 */
export type EtaState = {
  place: Place | null;
  /** Steps that were done when this training began here: above zero for one that was resumed. */
  began: number | null;
  /** When the newest step was counted. */
  stepped_at: number | null;
  /** The overhead that holds the training now, and since when. */
  phase: string | null;
  phase_at: number;
  /** Seconds of overheads since the newest step. */
  held: number;
  /** The newest timings, oldest first. */
  recent: Timing[];
  /** Everything before them, oldest first, in blocks that double in size with age. */
  history: Block[];
  overheads: Record<string, Overhead>;
};

export const initialEta = (): EtaState => ({
  place: null,
  began: null,
  stepped_at: null,
  phase: null,
  phase_at: 0,
  held: 0,
  recent: [],
  history: [],
  overheads: {},
});
