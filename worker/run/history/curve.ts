import { type SeriesCurve, toWire } from "../../../protocol/index.ts";
import { type Bucket, bucketOf, merge } from "./bucket.ts";
import { SUMMARY_STEPS } from "./segment.ts";

/** Buckets of equal length, in steps: the first begins at `from`. */
export type Grid = { from: number; width: number };

/** At most `points` buckets from the least to the greatest step; from 64 steps on summaries fit them. */
export function gridOver(lo: number, hi: number, points: number): Grid {
  const exact = Math.ceil((hi - lo + 1) / points);
  if (exact < SUMMARY_STEPS) return { from: lo, width: exact };
  const from = Math.floor(lo / SUMMARY_STEPS) * SUMMARY_STEPS;
  return { from, width: Math.ceil((hi - from + 1) / points / SUMMARY_STEPS) * SUMMARY_STEPS };
}

export function fitsSummaries(grid: Grid): boolean {
  return grid.width >= SUMMARY_STEPS;
}

/** One series of an answer: its points as they are while there are no more than asked for, buckets from then on. */
export class Curve {
  readonly #points: number;
  readonly #grid: Grid;
  #exact: Bucket[] | null;
  readonly #buckets = new Map<number, Bucket>();

  /** @param many there will be more points than asked for: what is added may be buckets that the grid fits */
  constructor(points: number, grid: Grid, many: boolean) {
    this.#points = points;
    this.#grid = grid;
    this.#exact = many ? null : [];
  }

  addPoint(step: number, value: number): void {
    this.add(bucketOf(step, value));
  }

  /** In the order of the log. The bucket becomes the curve's own. */
  add(bucket: Bucket): void {
    if (!this.#exact) {
      this.#place(bucket);
      return;
    }
    this.#exact.push(bucket);
    if (this.#exact.length <= this.#points) return;
    for (const point of this.#exact) this.#place(point);
    this.#exact = null;
  }

  get isEmpty(): boolean {
    return this.#exact ? this.#exact.length === 0 : this.#buckets.size === 0;
  }

  /** Points of one step stay in the order of the log. */
  read(): SeriesCurve {
    const entries = [...(this.#exact ?? this.#buckets.values())].sort((a, b) => a.step - b.step);
    return {
      steps: entries.map(({ step }) => step),
      min: entries.map(({ min }) => (Number.isNaN(min) ? null : toWire(min))),
      max: entries.map(({ max }) => (Number.isNaN(max) ? null : toWire(max))),
      last: entries.map(({ last }) => toWire(last)),
      nan: entries.map(({ nan }) => nan),
    };
  }

  #place(bucket: Bucket): void {
    // The last one takes what rounding would put behind it, where steps are as large as numbers go.
    const index = Math.min(Math.floor((bucket.step - this.#grid.from) / this.#grid.width), this.#points - 1);
    const known = this.#buckets.get(index);
    if (known) merge(known, bucket);
    else this.#buckets.set(index, bucket);
  }
}
