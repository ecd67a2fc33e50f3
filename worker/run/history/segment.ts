import { HISTORY_ROW_BYTES } from "../../../protocol/index.ts";
import type { Line } from "../log/line.ts";
import { utf8Bytes } from "../utf8.ts";
import { type Bucket, bucketOf, merge } from "./bucket.ts";
import { eachPoint } from "./points.ts";

/**
 * A sealed part of every series: a row of the history. `points` has lists of steps and of values, columnar, as 64-bit floats (a list of steps
 * that several series share stands there once); `summary` has the buckets of {@link SUMMARY_STEPS} steps; `head`, JSON, says where.
 */
export type Segment = { head: string; summary: ArrayBuffer; points: ArrayBuffer };

/** Of one series in a segment. `…_at` count floats from the beginning of the blob. */
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
};

/**
 * Steps of a summary's bucket, aligned to multiples: buckets of an answer that are as long as some of these together are exact without the points.
 * A chart of a thousand points needs points below 64,000 steps, which are few rows, and a fortieth of their bytes above.
 */
export const SUMMARY_STEPS = 64;

/** Floats of a bucket in a summary: step, min, max, last, nan. */
const BUCKET_FLOATS = 5;
/** What a point takes at most: a step, a value and a bucket of its own. */
const POINT_BYTES = 8 * (2 + BUCKET_FLOATS);
/** A series in the head beside its name, which JSON may write in six bytes a character. */
const PART_BYTES = 256;

type Column = { steps: number[]; values: number[] };

/** Cuts the points of a log into segments that fit a row each; at least one, where there are no points an empty one. */
export function* segmentsOf(lines: Iterable<Line>): Generator<Segment> {
  let columns = new Map<string, Column>();
  let bytes = 0;
  const full: Segment[] = [];
  const take = (name: string, step: number, value: number): void => {
    if (bytes >= HISTORY_ROW_BYTES) {
      full.push(encode(columns));
      columns = new Map();
      bytes = 0;
    }
    let column = columns.get(name);
    if (!column) {
      column = { steps: [], values: [] };
      columns.set(name, column);
      bytes += PART_BYTES + utf8Bytes(JSON.stringify(name));
    }
    column.steps.push(step);
    column.values.push(value);
    bytes += POINT_BYTES;
  };
  for (const line of lines) {
    eachPoint(line, take);
    yield* full.splice(0);
  }
  yield encode(columns);
}

function encode(columns: ReadonlyMap<string, Column>): Segment {
  const points: number[] = [];
  const summary: number[] = [];
  const lists: { steps: number[]; at: number }[] = [];
  const parts: Part[] = [];
  for (const [name, { steps, values }] of columns) {
    const shared = lists.find((list) => sameNumbers(list.steps, steps));
    const steps_at = shared?.at ?? append(points, steps);
    if (!shared) lists.push({ steps, at: steps_at });
    const buckets = summarize(steps, values);
    const [lo, hi] = ends(steps);
    const place = { steps_at, values_at: append(points, values), buckets: buckets.length, buckets_at: summary.length };
    for (const { step, min, max, last, nan } of buckets) summary.push(step, min, max, last, nan);
    parts.push({ name, count: steps.length, lo, hi, ...place });
  }
  return { head: JSON.stringify(parts), summary: new Float64Array(summary).buffer, points: new Float64Array(points).buffer };
}

/** @returns the buckets of a series, by the step that they begin with, in the order of the log */
function summarize(steps: readonly number[], values: readonly number[]): Bucket[] {
  const buckets = new Map<number, Bucket>();
  for (const [index, step] of steps.entries()) {
    const point = bucketOf(step, values[index] ?? Number.NaN);
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

export function* readBuckets(summary: Float64Array, { buckets, buckets_at }: Part): Generator<Bucket> {
  for (let at = buckets_at; at < buckets_at + buckets * BUCKET_FLOATS; at += BUCKET_FLOATS) {
    const [step = 0, min = Number.NaN, max = Number.NaN, last = Number.NaN, nan = 0] = summary.subarray(at, at + BUCKET_FLOATS);
    yield { step, min, max, last, nan };
  }
}

export function readPoints(points: Float64Array, part: Part): { steps: Float64Array; values: Float64Array } {
  const list = (at: number) => points.subarray(at, at + part.count);
  return { steps: list(part.steps_at), values: list(part.values_at) };
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
  return a.length === b.length && a.every((number, index) => number === b[index]);
}
