import type { AskCurves } from "./ask-curves.ts";
import { RangeCache, type StepRange } from "./range-cache.ts";
import { isExact, refined, type Trace } from "./trace.ts";

/** A look that is followed by another is not asked for: a pinch makes sixty in a second. */
const LOOK_AFTER_MS = 180;
/** Looks that are kept: back and forth, and a few places beside. */
const LOOKS_KEPT = 8;
/** Asked beyond each side, as a part of what is looked at: a little panning shows no seam. */
const MARGIN = 0.25;
/** Series that one look asks for: those on the screen. */
const KEYS_MAX = 64;

type Fine = { range: StepRange; series: ReadonlyMap<string, readonly Trace[]> };

/** The part of the curves that somebody looks at closely. The coarse curve shows until it is here. */
export class FinerCurves {
  readonly #ask: AskCurves;
  readonly #points: number;
  readonly #onChange: () => void;
  readonly #cache = new RangeCache<ReadonlyMap<string, readonly Trace[]>>(LOOKS_KEPT);
  readonly #refinements = new WeakMap<Trace, { fine: Trace; state: string; result: Trace }>();
  #shown: Fine | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asking: AbortController | null = null;

  constructor({ ask, points, onChange }: { ask: AskCurves; points: number; onChange: () => void }) {
    this.#ask = ask;
    this.#points = points;
    this.#onChange = onChange;
  }

  over(name: string, coarse: readonly Trace[]): readonly Trace[] {
    const shown = this.#shown;
    const fine = shown?.series.get(name);
    if (!shown || !fine) return coarse;
    return coarse.map((trace) => {
      const same = fine.find(({ segment }) => segment === trace.segment);
      return same ? this.#refined(trace, same, shown.range) : trace;
    });
  }

  /** A chart asks at every frame. */
  #refined(coarse: Trace, fine: Trace, range: StepRange): Trace {
    const state = `${coarse.steps.length} ${coarse.steps.at(-1)}`;
    const known = this.#refinements.get(coarse);
    if (known && known.fine === fine && known.state === state) return known.result;
    const result = refined(coarse, fine, range);
    this.#refinements.set(coarse, { fine, state, result });
    return result;
  }

  look(range: StepRange | null, names: readonly string[], coarse: (name: string) => readonly Trace[]): void {
    this.#cancel();
    if (range === null) {
      this.#show(null);
      return;
    }
    const wanted = names.filter((name) => coarse(name).some((trace) => !isExact(trace, range))).slice(0, KEYS_MAX);
    if (wanted.length === 0) return;
    const key = wanted.join("\n");
    const kept = this.#cache.find(range, key);
    if (kept) {
      this.#show({ range: kept.range, series: kept.value });
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#read(widened(range), wanted, key);
    }, LOOK_AFTER_MS);
  }

  clear(): void {
    this.#cancel();
    this.#cache.clear();
    this.#shown = null;
  }

  close(): void {
    this.#cancel();
  }

  async #read(range: StepRange, keys: readonly string[], key: string): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    const answer = await this.#ask({ keys, points: Math.round(this.#points * (1 + 2 * MARGIN)), ...range }, asking.signal);
    if (asking.signal.aborted || !answer.ok) return;
    this.#cache.keep(range, key, answer.value.series);
    this.#show({ range, series: answer.value.series });
  }

  #show(fine: Fine | null): void {
    if (fine === this.#shown) return;
    this.#shown = fine;
    this.#onChange();
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#asking?.abort();
    this.#asking = null;
  }
}

function widened({ from, to }: StepRange): StepRange {
  const margin = Math.ceil((to - from) * MARGIN);
  return { from: Math.max(0, from - margin), to: to + margin };
}
