import { median } from "../eta/median.ts";

/** HL1: how long a training may say nothing before that is worth a word, learned from itself. Durations are in seconds. */
export type PaceState = {
  /** The trainer says what it does beside training. */
  tells_phases: boolean;
  /** Of the newest steps, without what came between them. */
  steps: number[];
  /** Of the newest stretches of each other phase. */
  phases: Record<string, number[]>;
};

export const initialPace = (): PaceState => ({ tells_phases: false, steps: [], phases: {} });

/** Enough for a pace, few enough to follow one that changes. */
const STEPS_KEPT = 200;
const STRETCHES_KEPT = 8;
/** A trainer may call its phases what it likes. */
const PHASES_KEPT = 16;

/** Below this nobody wants to be told. */
const FLOOR_S = 30;
/** Of a trainer that never says what it does between steps: it may validate, sample and save there. */
const SILENT_FLOOR_S = 10 * 60;
/** The first steps compile, allocate and fill caches. */
const FIRST_STEP_S = 30 * 60;
const FEW_STEPS = 5;
const FEW_STEPS_FLOOR_S = 10 * 60;
/** Of steps: so many times the usual, so many deviations more, and so many times the second longest of those that are kept. */
const TIMES_USUAL = 10;
const DEVIATIONS = 20;
const TIMES_LONG = 3;
/** The median absolute deviation of a normal distribution times this is its standard deviation. */
const MAD_TO_DEVIATION = 1.4826;
/** Of a phase: so many times the longest stretch, and what is allowed where none is known yet. */
const TIMES_STRETCH = 5;
const STRETCH_FLOOR_S = 2 * 60;
const UNKNOWN_STRETCH_S = 30 * 60;
/** Nothing tells how far these are, and for a large model or data set they take hours. */
const UNJUDGED: ReadonlySet<string> = new Set(["loading", "setup", "caching"]);

export function learnStep(pace: PaceState, seconds: number): void {
  pace.steps.push(seconds);
  if (pace.steps.length > STEPS_KEPT) pace.steps.shift();
}

export function learnStretch(pace: PaceState, phase: string, seconds: number): void {
  const known = Object.hasOwn(pace.phases, phase) ? pace.phases[phase] : undefined;
  if (!known && Object.keys(pace.phases).length >= PHASES_KEPT) return;
  pace.phases[phase] = [...(known ?? []), seconds].slice(-STRETCHES_KEPT);
}

/** What is usual, and from when on silence is a stall; null where silence says nothing. */
export type Limits = { usual_s: number | null; threshold_s: number | null };

/** @param phase `training`, or what holds the training; null where the trainer does not say */
export function limitsOf(pace: PaceState, phase: string | null): Limits {
  return phase === null || phase === "training" ? limitsOfSteps(pace) : limitsOfPhase(pace, phase);
}

function limitsOfSteps({ steps, tells_phases }: PaceState): Limits {
  if (steps.length === 0) return { usual_s: null, threshold_s: FIRST_STEP_S };
  const usual = median(steps);
  const deviation = MAD_TO_DEVIATION * median(steps.map((seconds) => Math.abs(seconds - usual)));
  // One that was far longer than all others is an accident; two are how this training is.
  const long = steps.toSorted((a, b) => b - a)[1] ?? 0;
  const floor = steps.length < FEW_STEPS ? FEW_STEPS_FLOOR_S : tells_phases ? FLOOR_S : SILENT_FLOOR_S;
  return { usual_s: usual, threshold_s: Math.max(floor, TIMES_USUAL * usual, usual + DEVIATIONS * deviation, TIMES_LONG * long) };
}

function limitsOfPhase(pace: PaceState, phase: string): Limits {
  const stretches = Object.hasOwn(pace.phases, phase) ? (pace.phases[phase] ?? []) : [];
  if (UNJUDGED.has(phase)) return { usual_s: null, threshold_s: null };
  if (stretches.length === 0) return { usual_s: null, threshold_s: UNKNOWN_STRETCH_S };
  return { usual_s: median(stretches), threshold_s: Math.max(STRETCH_FLOOR_S, TIMES_STRETCH * Math.max(...stretches)) };
}
