import { GAP } from "./learn.ts";
import { judge } from "./outliers.ts";
import { TIMINGS_MIN } from "./pace.ts";
import type { EtaState, Occurrence, Overhead, Place } from "./state.ts";

/** Seconds of overheads that are still to come, and the range in which they are expected. */
export type Ahead = { seconds: number; low: number; high: number };

/** An overhead that is this late, in intervals, has become rarer, or will not come again. */
const LATE = 1.3;

/** @returns what all overheads together will still take */
export function overheadsAhead(eta: EtaState, place: Place, total: number): Ahead {
  const sum: Ahead = { seconds: 0, low: 0, high: 0 };
  let unsure = 0;
  for (const [kind, overhead] of Object.entries({ ...eta.overheads, [GAP]: gapsOf(eta) })) {
    if (overhead.count === 0) continue;
    const count = kind === GAP ? gapsAhead(eta, overhead, place, total) : timesAhead(eta, kind, overhead, place, total);
    const each = duration(overhead);
    sum.seconds += count.expected * each.mean;
    sum.low += Math.min(count.low, count.expected) * each.mean;
    sum.high += Math.max(count.high, count.expected) * each.mean;
    unsure += count.expected * each.spread ** 2;
  }
  const spread = 1.3 * Math.sqrt(unsure);
  return { seconds: sum.seconds, low: Math.max(0, sum.low - spread), high: sum.high + spread };
}

type Count = { expected: number; low: number; high: number };
const exactly = (count: number): Count => ({ expected: count, low: count, high: count });

/** The first time is often longer than all that follow (a cache is filled), so it counts only where it is all that is known. */
function duration({ latest }: Overhead): { mean: number; spread: number } {
  const later = latest.filter((occurrence) => !occurrence.initial);
  const seconds = (later.length > 0 ? later : latest).map((occurrence) => occurrence.seconds);
  const mean = seconds.reduce((sum, one) => sum + one, 0) / seconds.length;
  const deviation = seconds.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const spread = seconds.length > 1 ? Math.sqrt(deviation / (seconds.length - 1)) : mean / 4;
  return { mean, spread };
}

/** How often an overhead will come again, learned from where it came: with the epochs, or every so many steps. */
function timesAhead(eta: EtaState, kind: string, overhead: Overhead, place: Place, total: number): Count {
  const began = eta.began ?? 0;
  const later = overhead.latest.filter((occurrence) => !occurrence.initial);
  const epochs = place.epoch_steps === null ? null : epochRhythm(overhead, later, began, place.epoch_steps);
  if (epochs !== null) {
    if (later.length === 0 && kind === "caching") return { expected: 0, low: 0, high: occurrencesLeft(epochs, place, total, false) / 2 };
    // One that never came before the first step comes at an epoch's end, the last one's too.
    return exactly(occurrencesLeft(epochs, place, total, !overhead.initial && began === 0));
  }
  const newest = overhead.latest.at(-1);
  if (!newest || later.length === 0) return exactly(0);
  const first = overhead.latest.length > 1 ? overhead.latest[0] : undefined;
  const spans = overhead.latest.length > 1 ? overhead.latest.length - 1 : 1;
  const interval = Math.max(1, (newest.done - (first?.done ?? began)) / spans);
  return everySoOften(interval, newest, place, total, later.length === 1 && !first);
}

function everySoOften(interval: number, newest: Occurrence, place: Place, total: number, once: boolean): Count {
  const since = place.done - newest.done;
  const left = total - place.done;
  if (since > LATE * interval) {
    const rarer = left / (2 * since);
    return { expected: rarer, low: 0, high: left / since };
  }
  const expected = occurrencesLeft({ interval, anchor: newest.done }, place, total, false);
  return { expected, low: once ? 0 : expected - 0.5, high: expected + 0.5 };
}

type Rhythm = { interval: number; anchor: number };

/** @returns how often `anchor + k × interval` still comes before the end; one that falls on this very step has not come yet */
function occurrencesLeft({ interval, anchor }: Rhythm, place: Place, total: number, atEnd: boolean): number {
  const next = Math.max(1, Math.ceil((place.done - anchor) / interval));
  const last = atEnd ? Math.floor((total - anchor) / interval) : Math.ceil((total - anchor) / interval) - 1;
  return Math.max(0, last - next + 1);
}

/** @returns the rhythm of an overhead that comes at one place of an epoch, every epoch or every few of them; else null */
function epochRhythm(overhead: Overhead, later: readonly Occurrence[], began: number, epoch_steps: number): Rhythm | null {
  if (epoch_steps <= 0) return null;
  const newest = later.at(-1);
  if (!newest) {
    const anchor = Math.floor(began / epoch_steps) * epoch_steps;
    return overhead.initial ? { interval: epoch_steps, anchor } : null;
  }
  const tolerance = Math.max(1, epoch_steps * 0.01);
  const place = (done: number) => done - Math.round(done / epoch_steps) * epoch_steps;
  if (later.length === 1 && Math.abs(place(newest.done)) > tolerance) return null;
  if (later.some((one) => Math.abs(place(one.done - newest.done)) > tolerance)) return null;
  const before = later.at(-2)?.done ?? Math.floor(began / epoch_steps) * epoch_steps;
  const epochs = Math.max(1, Math.round((newest.done - before) / epoch_steps));
  return { interval: epochs * epoch_steps, anchor: newest.done };
}

/** Gaps that nobody explained: one alone says nothing of the future, unless it came with an epoch. */
function gapsAhead(eta: EtaState, overhead: Overhead, place: Place, total: number): Count {
  const epochs = place.epoch_steps === null ? null : epochRhythm(overhead, overhead.latest, eta.began ?? 0, place.epoch_steps);
  if (epochs !== null) {
    const expected = occurrencesLeft(epochs, place, total, false);
    return overhead.count > 1 ? exactly(expected) : { expected, low: 0, high: expected };
  }
  if (overhead.count === 1) return exactly(0);
  const seen = place.done - (eta.began ?? 0);
  const expected = (overhead.count / Math.max(1, seen)) * (total - place.done);
  const unsure = Math.sqrt(expected) + expected / Math.sqrt(overhead.count);
  return { expected, low: Math.max(0, expected - unsure), high: expected + unsure };
}

/** The gaps that are known, and those among the newest timings, which are not yet judged for good. */
function gapsOf(eta: EtaState): Overhead {
  const known = eta.overheads[GAP] ?? { latest: [], count: 0, initial: false };
  if (eta.recent.length < TIMINGS_MIN) return known;
  const { gaps, usual } = judge(eta);
  const fresh = gaps.map(({ done, seconds }) => ({ done: done - 1, seconds: seconds - usual, initial: false }));
  return { ...known, latest: [...known.latest, ...fresh], count: known.count + fresh.length };
}
