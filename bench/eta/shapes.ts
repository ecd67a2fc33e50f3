import { createRandom, type Random } from "./random.ts";

/** What a trainer tells while it trains; `at` in seconds since the run's beginning. */
export type Signal =
  | { kind: "phase"; phase: string; at: number }
  | { kind: "step"; done: number; total: number; epoch_steps: number; at: number };

/** A whole run: its signals, when it ended, and where it began (above zero for one that was resumed). */
export type Run = { signals: Signal[]; ended_at: number; began: number };

/** How one shape of run differs from a plain one. All times in seconds; `step` is the step's number, from 0. */
type Shape = {
  about: string;
  epochs?: number;
  epoch_steps?: number;
  began?: number;
  pace(step: number, total: number, random: Random): number;
  /** Something that holds the training before a step. */
  hold?(step: number, epoch_steps: number, began: number, elapsed: number, random: Random): { phase: string | null; seconds: number }[];
};

const around = (mean: number, share: number, random: Random): number => mean * Math.exp(share * random.normal() - (share * share) / 2);

const plain: Pick<Shape, "pace"> = { pace: (_step, _total, random) => around(0.5, 0.02, random) };

export const SHAPES: Record<string, Shape> = {
  steady: { about: "every step takes the same time, give or take 2 %", ...plain },
  noisy: { about: "step times vary by 40 %", pace: (_step, _total, random) => around(0.5, 0.4, random) },
  "warm-up": {
    about: "the first step compiles for a minute, the next few are slow",
    pace: (step, _total, random) => around(step === 0 ? 60 : 0.4 + 3 * 0.5 ** step, 0.05, random),
  },
  "epochs with overheads": {
    about: "caching, samples and validation at each epoch; the first caching is long",
    epochs: 12,
    epoch_steps: 80,
    pace: (_step, _total, random) => around(0.5, 0.1, random),
    hold: (step, epoch_steps, began, _elapsed, random) =>
      step % epoch_steps === 0
        ? [
            { phase: "caching", seconds: around(step === began ? 45 : 2, 0.1, random) },
            { phase: "sampling", seconds: around(14, 0.08, random) },
            { phase: "validating", seconds: around(5, 0.08, random) },
          ]
        : [],
  },
  "samples by the clock": {
    about: "samples every 90 s, a backup every 150 s",
    pace: (_step, _total, random) => around(0.6, 0.1, random),
    hold: clockwork(),
  },
  "told pause": {
    about: "paused for ten minutes in the middle, and said so",
    ...plain,
    hold: (step) => (step === 400 ? [{ phase: "paused", seconds: 600 }] : []),
  },
  "untold gap": {
    about: "the machine sleeps for five minutes, and nobody says so",
    ...plain,
    hold: (step) => (step === 300 ? [{ phase: null, seconds: 300 }] : []),
  },
  resumed: { about: "goes on from a backup at two thirds", began: 640, pace: (_step, _total, random) => around(0.5, 0.15, random) },
  "drifting pace": {
    about: "a machine that heats up: 60 % slower in the end",
    pace: (step, total, random) => around(0.4 * (1 + (0.6 * step) / total), 0.08, random),
  },
  "heats up, then holds": {
    about: "30 % slower within the first third, steady from then on",
    pace: (step, _total, random) => around(0.4 * (1 + 0.3 * (1 - Math.exp(-step / 120))), 0.08, random),
  },
  "change of pace": {
    about: "another program takes half of the GPU from two fifths on",
    pace: (step, total, random) => around(step < total * 0.4 ? 0.4 : 0.72, 0.08, random),
  },
  "bucketed resolutions": {
    about: "each step is of one of four resolutions, 0.25 to 1.6 s",
    pace: (_step, _total, random) => around(random.pick([0.25, 0.4, 0.8, 1.6]), 0.03, random),
  },
  "untold overheads": {
    about: "samples and validation at each epoch that the trainer does not name",
    epochs: 12,
    epoch_steps: 80,
    pace: (_step, _total, random) => around(0.5, 0.1, random),
    hold: (step, epoch_steps, _began, _elapsed, random) =>
      step > 0 && step % epoch_steps === 0 ? [{ phase: null, seconds: around(20, 0.08, random) }] : [],
  },
};

function clockwork(): NonNullable<Shape["hold"]> {
  return (step, _epoch_steps, began, elapsed, random) => {
    const held: { phase: string; seconds: number }[] = [];
    // The pace is 0.6 s, so one step crosses a multiple of the rhythm.
    if (step > began && Math.floor(elapsed / 90) > Math.floor((elapsed - 0.6) / 90)) {
      held.push({ phase: "sampling", seconds: around(12, 0.08, random) });
    }
    if (step > began && Math.floor(elapsed / 150) > Math.floor((elapsed - 0.6) / 150)) {
      held.push({ phase: "backup", seconds: around(6, 0.2, random) });
    }
    return held;
  };
}

/** @returns one run of the shape, the same for the same seed */
export function simulate(shape: Shape, seed: number): Run {
  const random = createRandom(seed);
  const { epochs = 12, epoch_steps = 80, began = 0 } = shape;
  const total = epochs * epoch_steps;
  const signals: Signal[] = [];
  let at = 0;
  let trained = 0;
  for (let step = began; step < total; step++) {
    for (const { phase, seconds } of shape.hold?.(step, epoch_steps, began, trained, random) ?? []) {
      if (phase !== null) signals.push({ kind: "phase", phase, at });
      at += seconds;
    }
    signals.push({ kind: "phase", phase: "training", at });
    const seconds = shape.pace(step, total, random);
    at += seconds;
    trained += seconds;
    signals.push({ kind: "step", done: step + 1, total, epoch_steps, at });
  }
  return { signals, ended_at: at, began };
}
