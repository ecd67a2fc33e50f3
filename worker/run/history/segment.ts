import { HISTORY_ROW_BYTES } from "../../../protocol/index.ts";
import type { Line } from "../log/line.ts";
import { utf8Bytes } from "../utf8.ts";
import { type Bucket, bucketOf, merge } from "./bucket.ts";
import { type LifeOf, UNKNOWN_LIFE } from "./lives.ts";
import { eachPoint } from "./points.ts";

/**
 * A sealed part of every series: a row of the history. `points` has lists of steps, each followed by their times, and of values, columnar, as
 * 64-bit floats (a list of steps that several series share stands there once); `summary` has the buckets of {@link SUMMARY_STEPS} steps;
 * `head`, JSON, says where.
 */
export type Segment = { head: string; summary: ArrayBuffer; points: ArrayBuffer };

/** Of one series, in one life of the producer, in a segment. `…_at` count floats from the beginning of the blob. */
export type Part = {
  name: string;
  count: number;
  /** The least and the greatest step. */
  lo: number;
  hi: number;
  steps_at: number;
  values_at: number;
  buckets: number;
  buckets_at: number;
  /** Of rows that an older relay sealed these are missing, and with them the times. `began`: when the first point was told; `first`: its step. */
  life?: number;
  began?: number | null;
  first?: number;
};

/**
 * Steps of a summary's bucket, aligned to multiples: buckets of an answer that are as long as some of these together are exact without the points.
 * A chart of a thousand points needs points below 64,000 steps, which are few rows, and a fortieth of their bytes above.
 */
export const SUMMARY_STEPS = 64;

/** Floats of a bucket in a summary: step, min, max, last, nan, and since there are lives: at. */
const BUCKET_FLOATS = 6;
const OLD_BUCKET_FLOATS = 5;
/** What a point takes at most: a step, a time, a value and a bucket of its own. */
const POINT_BYTES = 8 * (3 + BUCKET_FLOATS);
/** A series in the head beside its name, which JSON may write in six bytes a character. */
const PART_BYTES = 256;

type Column = { name: string; life: number; steps: number[]; values: number[]; times: number[] };

/** Cuts the points of a log into segments that fit a row each; at least one, where there are no points an empty one. */
export function* segmentsOf(lines: Iterable<Line>, lifeOf: LifeOf): Generator<Segment> {
  let columns = new Map<string, Column>();
  let bytes = 0;
  const full: Segment[] = [];
  let life = UNKNOWN_LIFE;
  const take = (name: string, step: number, value: number, at: number): void => {
    if (bytes >= HISTORY_ROW_BYTES) {
      full.push(encode(columns));
      columns = new Map();
      bytes = 0;
    }
    const key = `${life} ${name}`;
    let column = columns.get(key);
    if (!column) {
      column = { name, life, steps: [], values: [], times: [] };
      columns.set(key, column);
      bytes += PART_BYTES + utf8Bytes(JSON.stringify(name));
    }
    column.steps.push(step);
    column.values.push(value);
    column.times.push(at);
    bytes += POINT_BYTES;
  };
  for (const line of lines) {
    life = lifeOf(line.offset);
    eachPoint(line, take);
    yield* full.splice(0);
  }
  yield encode(columns);
}

function encode(columns: ReadonlyMap<string, Column>): Segment {
  const points: number[] = [];
  const summary: number[] = [];
  const lists: { steps: number[]; times: number[]; at: number }[] = [];
  const parts: Part[] = [];
  for (const { name, life, steps, values, times } of columns.values()) {
    const shared = lists.find((list) => sameNumbers(list.steps, steps) && sameNumbers(list.times, times));
    const steps_at = shared?.at ?? append(points, steps);
    if (!shared) {
      append(points, times);
      lists.push({ steps, times, at: steps_at });
    }
    const buckets = summarize(steps, values, times);
    const [lo, hi] = ends(steps);
    const place = { steps_at, values_at: append(points, values), buckets: buckets.length, buckets_at: summary.length };
    for (const { step, min, max, last, nan, at } of buckets) summary.push(step, min, max, last, nan, at);
    const began = times[0] === undefined || Number.isNaN(times[0]) ? null : times[0];
    parts.push({ name, count: steps.length, lo, hi, ...place, life, began, first: steps[0] ?? 0 });
  }
  return { head: JSON.stringify(parts), summary: new Float64Array(summary).buffer, points: new Float64Array(points).buffer };
}

/** @returns the buckets of a series, by the step that they begin with, in the order of the log */
function summarize(steps: readonly number[], values: readonly number[], times: readonly number[]): Bucket[] {
  const buckets = new Map<number, Bucket>();
  for (const [index, step] of steps.entries()) {
    const point = bucketOf(step, values[index] ?? Number.NaN, times[index] ?? Number.NaN);
    const key = Math.floor(step / SUMMARY_STEPS);
    const known = buckets.get(key);
    if (known) merge(known, point);
    else buckets.set(key, point);
  }
  return [...buckets.values()];
}

export function readHead(head: string): Part[] {
  return JSON.parse(head) as Part[];
}

/** Whether each point has a bucket of its own: then the summary is the points. */
export function isSparse(part: Part): boolean {
  return part.count === part.buckets;
}

export function* readBuckets(summary: Float64Array, { buckets, buckets_at, life }: Part): Generator<Bucket> {
  const floats = life === undefined ? OLD_BUCKET_FLOATS : BUCKET_FLOATS;
  for (let from = buckets_at; from < buckets_at + buckets * floats; from += floats) {
    const [step = 0, min = Number.NaN, max = Number.NaN, last = Number.NaN, nan = 0, at = Number.NaN] = summary.subarray(
      from,
      from + floats,
    );
    yield { step, min, max, last, nan, at };
  }
}

/** `times`: null for what an older relay sealed. */
export function readPoints(points: Float64Array, part: Part): { steps: Float64Array; values: Float64Array; times: Float64Array | null } {
  const list = (at: number) => points.subarray(at, at + part.count);
  const times = part.life === undefined ? null : list(part.steps_at + part.count);
  return { steps: list(part.steps_at), values: list(part.values_at), times };
}

function append(list: number[], more: readonly number[]): number {
  const at = list.length;
  for (const number of more) list.push(number);
  return at;
}

/** Lists of millions would not fit the arguments of `Math.min`. */
function ends(steps: readonly number[]): [lo: number, hi: number] {
  let [lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const step of steps) {
    lo = Math.min(lo, step);
    hi = Math.max(hi, step);
  }
  return [lo, hi];
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, index) => Object.is(number, b[index]));
}
