import { addBlock } from "./history.ts";
import { judge } from "./outliers.ts";
import type { EtaState, Place } from "./state.ts";

/** Timings that are kept one by one: enough to tell a hiccup from a change of pace with hindsight. */
const RECENT = 16;
/** Occurrences of an overhead that are kept. */
const OCCURRENCES = 6;
/** Kinds that are told apart: a trainer may call its phases what it likes. */
const KINDS_MAX = 16;
/** A step that took far longer than its neighbours, though nobody said why: a trainer that does not tell its phases, or a machine asleep. */
export const GAP = "gap";
/** A pause that was asked for is nobody's forecast. */
const PAUSED = "paused";
/** Not overheads: the step itself, and the time before the first step, which never comes again. */
const NO_OVERHEAD: ReadonlySet<string> = new Set(["training", "loading", "setup"]);

/**
 * The trainer says what it does now.
 *
 * @param phase `training`, or what holds the training; null for nothing known
 * @param at seconds since 1970
 */
export function etaPhase(eta: EtaState, phase: string | null, at: number): void {
  const next = phase === null || NO_OVERHEAD.has(phase) ? null : phase;
  if (next !== eta.phase) {
    endOverhead(eta, at);
    eta.phase = next;
    eta.phase_at = at;
  }
  // The first step's beginning; every other one begins where the step before it ended.
  if (phase === "training" && eta.place === null && eta.stepped_at === null) {
    eta.stepped_at = at;
    eta.held = 0;
  }
}

/**
 * A step was counted.
 *
 * @param place where the training is now
 * @param at seconds since 1970; a clock that was set costs one timing and no more
 */
export function etaStep(eta: EtaState, place: Place, at: number): void {
  const before = eta.place;
  const steps = before ? place.done - before.done : 1;
  eta.place = place;
  // The end of an epoch is told a second time with the next epoch's number.
  if (before && steps === 0) return;
  endOverhead(eta, at);
  if (!before) begin(eta, place);
  const seconds = eta.stepped_at === null ? -1 : at - eta.stepped_at - eta.held;
  eta.stepped_at = at;
  eta.held = 0;
  if (steps > 0 && seconds >= 0) addTiming(eta, place, seconds / steps, steps);
}

/** What happened before the first step happened where this training began. */
function begin(eta: EtaState, place: Place): void {
  eta.began = Math.max(0, place.done - 1);
  for (const overhead of Object.values(eta.overheads)) {
    for (const occurrence of overhead.latest) occurrence.done = eta.began;
  }
}

function endOverhead(eta: EtaState, at: number): void {
  const { phase } = eta;
  if (phase === null) return;
  const seconds = Math.max(0, at - eta.phase_at);
  eta.phase = null;
  eta.held += seconds;
  if (phase !== PAUSED) addOccurrence(eta, phase, eta.place?.done ?? 0, seconds);
}

function addOccurrence(eta: EtaState, kind: string, done: number, seconds: number): void {
  const known = Object.hasOwn(eta.overheads, kind) ? eta.overheads[kind] : undefined;
  if (!known && Object.keys(eta.overheads).length >= KINDS_MAX) return;
  const overhead = known ?? { latest: [], count: 0, initial: false };
  eta.overheads[kind] = overhead;
  const initial = eta.began === null;
  const last = overhead.latest.at(-1);
  if (last && last.done === done && last.initial === initial) {
    // Several in a row at one place (a picture for each prompt) are one.
    last.seconds += seconds;
    return;
  }
  overhead.latest.push({ done, seconds, initial });
  overhead.count++;
  overhead.initial ||= initial;
  if (overhead.latest.length > OCCURRENCES) overhead.latest.shift();
}

function addTiming(eta: EtaState, place: Place, seconds: number, steps: number): void {
  eta.recent.push({ done: place.done, seconds });
  if (eta.recent.length <= RECENT) return;
  const oldest = eta.recent[0];
  const judged = judge(eta);
  eta.recent.shift();
  if (!oldest) return;
  if (judged.gaps.includes(oldest)) addOccurrence(eta, GAP, oldest.done - 1, (oldest.seconds - judged.usual) * steps);
  else if (judged.steps.includes(oldest)) addBlock(eta.history, { steps, mean: oldest.seconds, deviation: 0 });
}
