/** Steps, both included. */
export type StepRange = { from: number; to: number };

type Kept<T> = { range: StepRange; keys: string; value: T };

/** A kept answer is used for a look that is not much narrower: one of the whole run would tell no more than the coarse curve. */
const WIDER_MAX = 3;

/** The newest finer answers: going back to a part that was looked at costs nothing. */
export class RangeCache<T> {
  readonly #size: number;
  #kept: Kept<T>[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** @param keys which series, as one text */
  find(range: StepRange, keys: string): { range: StepRange; value: T } | null {
    const width = range.to - range.from + 1;
    const index = this.#kept.findIndex(
      (kept) =>
        kept.keys === keys &&
        kept.range.from <= range.from &&
        kept.range.to >= range.to &&
        kept.range.to - kept.range.from + 1 <= width * WIDER_MAX,
    );
    const found = this.#kept[index];
    if (!found) return null;
    this.#kept = [found, ...this.#kept.toSpliced(index, 1)];
    return found;
  }

  keep(range: StepRange, keys: string, value: T): void {
    this.#kept = [{ range, keys, value }, ...this.#kept].slice(0, this.#size);
  }

  clear(): void {
    this.#kept = [];
  }
}
