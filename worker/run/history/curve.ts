import { type SeriesCurve, toWire } from "../../../protocol/index.ts";
import { type Bucket, bucketOf, merge } from "./bucket.ts";
import { SUMMARY_STEPS } from "./segment.ts";

/** Buckets of equal length, in steps: the first begins at `from`, `last` is the index of the last. */
export type Grid = { from: number; width: number; last: number };

/** What a life of a series spans, in steps. */
export type Span = { lo: number; hi: number };

/** Lives that share an answer leave at least half of its points to buckets; where there are more of them they are not told apart. */
const POINTS_PER_LIFE = 4;

export function tellsApart(lives: number, points: number): boolean {
  return lives === 1 || lives * POINTS_PER_LIFE <= points;
}

/**
 * At most `points` buckets for all lives together, from the least to the greatest step of each; from 64 steps on summaries fit them.
 * @param spans of lives that {@link tellsApart}, not empty
 */
export function gridOver(spans: readonly Span[], points: number): Grid {
  const lo = Math.min(...spans.map((span) => span.lo));
  const hi = Math.max(...spans.map((span) => span.hi));
  // A life may touch a bucket more than it fills, at each of its ends.
  const room = spans.length === 1 ? points : points - 2 * spans.length;
  const steps = (from: number) => (spans.length === 1 ? hi - from + 1 : spans.reduce((sum, span) => sum + span.hi - span.lo + 1, 0));
  const exact = Math.ceil(steps(lo) / room);
  const aligned = exact >= SUMMARY_STEPS;
  const from = aligned ? Math.floor(lo / SUMMARY_STEPS) * SUMMARY_STEPS : lo;
  const width = aligned ? Math.ceil(steps(from) / room / SUMMARY_STEPS) * SUMMARY_STEPS : exact;
  // Where steps are as large as numbers go, rounding would put some behind the last.
  return { from, width, last: Math.max(0, Math.ceil((hi - from + 1) / width) - 1) };
}

export function fitsSummaries(grid: Grid): boolean {
  return grid.width >= SUMMARY_STEPS;
}

type Entry = Bucket & { life: number };

/** One series of an answer: its points as they are while there are no more than asked for, buckets from then on; none of two lives. */
export class Curve {
  readonly #points: number;
  readonly #grid: Grid;
  #exact: Entry[] | null;
  /** By life, then by place in the grid. */
  readonly #buckets = new Map<number, Map<number, Entry>>();

  /** @param many there will be more points than asked for: what is added may be buckets that the grid fits */
  constructor(points: number, grid: Grid, many: boolean) {
    this.#points = points;
    this.#grid = grid;
    this.#exact = many ? null : [];
  }

  addPoint(life: number, step: number, value: number, at: number): void {
    this.add(life, bucketOf(step, value, at));
  }

  /** In the order of the log. */
  add(life: number, bucket: Bucket): void {
    const entry = { ...bucket, life };
    if (!this.#exact) {
      this.#place(entry);
      return;
    }
    this.#exact.push(entry);
    if (this.#exact.length <= this.#points) return;
    for (const point of this.#exact) this.#place(point);
    this.#exact = null;
  }

  get isEmpty(): boolean {
    return this.#exact ? this.#exact.length === 0 : this.#buckets.size === 0;
  }

  /** By step; of one step in the order of lives, and of the log. @param segmentOf the index of a life in the answer */
  read(segmentOf: (life: number) => number): SeriesCurve {
    const all = this.#exact ?? [...this.#buckets.values()].flatMap((buckets) => [...buckets.values()]);
    const entries = [...all].sort((a, b) => a.step - b.step || a.life - b.life);
    return {
      steps: entries.map(({ step }) => step),
      min: entries.map(({ min }) => (Number.isNaN(min) ? null : toWire(min))),
      max: entries.map(({ max }) => (Number.isNaN(max) ? null : toWire(max))),
      last: entries.map(({ last }) => toWire(last)),
      nan: entries.map(({ nan }) => nan),
      times: entries.map(({ at }) => (Number.isNaN(at) ? null : at)),
      segment: entries.map(({ life }) => segmentOf(life)),
    };
  }

  #place(entry: Entry): void {
    const index = Math.min(Math.floor((entry.step - this.#grid.from) / this.#grid.width), this.#grid.last);
    const ofLife = this.#buckets.get(entry.life) ?? new Map<number, Entry>();
    this.#buckets.set(entry.life, ofLife);
    const known = ofLife.get(index);
    if (known) merge(known, entry);
    else ofLife.set(index, entry);
  }
}
