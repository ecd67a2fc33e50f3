import type { XMode, XRange } from "../chart/plot-line.ts";
import { addEntry, emptyTrace, entryAt, firstAtLeast, type Trace } from "../curves/trace.ts";
import type { Axis } from "./address.ts";

/** What turns a run's steps and times into places on an axis. Times in milliseconds since 1970. */
export type Timing = {
  /** null where the trainer told no maximum. */
  stepsPerEpoch: number | null;
  lives: readonly Life[];
};

/** A training between its start and its end or its resumption; `end`: its newest point. */
export type Life = { index: number; start: number; end: number };

/** What the plots call an axis. Each run's own epochs and start are taken out of its places here: to a plot an epoch is 1 long, and time begins at 0. */
export const MODES: Record<Axis, XMode> = { step: "step", epoch: "epoch", time: "elapsed", clock: "time" };

/** An axis of which the plots take a trace's steps for places; of the others its times. */
function isOfSteps(axis: Axis): boolean {
  return axis === "step" || axis === "epoch";
}

/**
 * @param lives of one series of one run, the oldest first
 * @returns the series on the axis, by rising place, without what has no place there. By step and epoch it is one trace: a resumed training
 *   replaces what it went over again. By time all of it stands where it happened.
 */
export function tracesOn(lives: readonly Trace[], axis: Axis, timing: Timing): Trace[] {
  const place = placeOn(axis, timing);
  if (!isOfSteps(axis)) return lives.map((trace) => moved(trace, (step, time) => ({ step, time: place(step, time, trace.segment) })));
  const single = emptyTrace(lives.at(-1)?.segment ?? 0);
  for (const [index, trace] of lives.entries()) {
    const over = Math.min(...lives.slice(index + 1).map(({ steps }) => steps[0] ?? Number.POSITIVE_INFINITY));
    for (const at of trace.steps.keys()) {
      const entry = entryAt(trace, at);
      const step = place(entry.step, entry.time, trace.segment);
      if (entry.step < over && Number.isFinite(step)) addEntry(single, { ...entry, step });
    }
  }
  return [single];
}

function moved(trace: Trace, to: (step: number, time: number) => { step: number; time: number }): Trace {
  const result = emptyTrace(trace.segment);
  for (const index of trace.steps.keys()) {
    const entry = entryAt(trace, index);
    const place = to(entry.step, entry.time);
    if (Number.isFinite(place.time)) addEntry(result, { ...entry, ...place });
  }
  return result;
}

/** @returns the column of a trace that is its places on the axis */
export function placesOn(trace: Trace, axis: Axis): readonly number[] {
  return isOfSteps(axis) ? trace.steps : trace.times;
}

/** @returns where a point stands; NaN: nowhere. Epochs are of 1, times in milliseconds: since the start, or since 1970. */
function placeOn(axis: Axis, { stepsPerEpoch, lives }: Timing): (step: number, time: number, segment: number) => number {
  switch (axis) {
    case "step":
      return (step) => step;
    case "epoch":
      return (step) => (stepsPerEpoch === null ? Number.NaN : step / stepsPerEpoch);
    case "clock":
      return (_, time) => time;
    case "time": {
      const before = trainedBefore(lives);
      return (_, time, segment) => {
        const life = lives.find(({ index }) => index === segment) ?? lives[0];
        return life === undefined ? Number.NaN : time - life.start + (before.get(life.index) ?? 0);
      };
    }
  }
}

/** How long a run has been trained before each of its lives, in milliseconds: what lay between two of them is no training. */
function trainedBefore(lives: readonly Life[]): Map<number, number> {
  const before = new Map<number, number>();
  let sum = 0;
  for (const { index, start, end } of lives) {
    before.set(index, sum);
    sum += Math.max(0, end - start);
  }
  return before;
}

/** @returns how long the run has been trained up to its newest point, in seconds; null where times are not told */
export function trainedSeconds(lives: readonly Life[]): number | null {
  return lives.length === 0 ? null : lives.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0) / 1000;
}

/**
 * @param segments as the relay tells them; none from a relay of before
 * @returns each life with its newest point; one whose start is not told begins with its first point
 */
export function livesOf(segments: readonly { index: number; startedAt: number }[], traces: Iterable<Trace>): Life[] {
  const seen = new Map<number, { first: number; end: number }>();
  for (const { segment, times } of traces) {
    for (const time of times) {
      if (!Number.isFinite(time)) continue;
      const known = seen.get(segment) ?? { first: time, end: time };
      seen.set(segment, { first: Math.min(known.first, time), end: Math.max(known.end, time) });
    }
  }
  return [...seen]
    .sort(([a], [b]) => a - b)
    .map(([index, { first, end }]) => {
      const told = segments.find((segment) => segment.index === index)?.startedAt ?? Number.NaN;
      // A producer's clock may stand anywhere: a start behind its own first point is none.
      return { index, start: Number.isNaN(told) ? first : Math.min(told, first), end };
    });
}

/** @returns the steps that a run has in a part of the axis, and one entry more on either side, so that lines reach its ends; null: none */
export function stepsWithin(series: Iterable<readonly Trace[]>, axis: Axis, timing: Timing, range: XRange): XRange | null {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const trace of [...series].flatMap((lives) => tracesOn(lives, axis, timing))) {
    const places = placesOn(trace, axis);
    for (const [index, place] of places.entries()) {
      const reaches = (places[index + 1] ?? place) >= range.from && (places[index - 1] ?? place) <= range.to;
      if (!reaches) continue;
      // An epoch is a place: the relay is asked for steps.
      const step = axis === "epoch" ? place * (timing.stepsPerEpoch ?? 1) : (trace.steps[index] ?? 0);
      from = Math.min(from, Math.round(step));
      to = Math.max(to, Math.round(step));
    }
  }
  return from <= to ? { from, to } : null;
}

/** @returns the value of a curve between its points, in a straight line; null before its first, behind its last, and beside what is no number */
export function valueAt(x: readonly number[], values: readonly number[], at: number): number | null {
  const low = firstAtLeast(x, at);
  const right = x[low];
  const after = values[low];
  if (right === undefined || after === undefined || !Number.isFinite(after)) return null;
  if (right === at) return after;
  const left = x[low - 1];
  const value = values[low - 1];
  if (left === undefined || value === undefined || !Number.isFinite(value)) return null;
  return value + ((after - value) * (at - left)) / (right - left);
}
