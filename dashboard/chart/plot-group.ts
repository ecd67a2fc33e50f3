import { signal } from "@preact/signals";
import { isTime, type PlotLine, type XMode, type XRange } from "./plot-line.ts";
import type { XOrigin } from "./x-ticks.ts";

export type PlotSettings = { smoothing: number; logarithmic: boolean; x: XMode; markers: boolean };

/** The cursor: a place on the axis, and the plot over which it is; null: it came by keyboard or from elsewhere. */
export type Cursor = { x: number; owner: object; top: number | null };

/** A plot as its group knows it. */
export type PlotMember = {
  readonly identity: object;
  readonly title: string;
  lines(): readonly PlotLine[];
  isSeen(): boolean;
  picture(): PlotPicture;
};
/** What a plot shows, to be put into a picture: its canvas, which is the browser's, and what it calls its lines. */
export type PlotPicture = {
  canvas: object;
  entries: { name: string; color: string; dash: readonly number[]; points: boolean }[];
};

/** A place on the axis is at least so wide a part of the whole: closer there is nothing to see. */
const ZOOM_MAX = 100_000;

/** What all plots of a page share: one axis, one zoom, one cursor. */
export class PlotGroup {
  readonly settings = signal<PlotSettings>({ smoothing: 0.6, logarithmic: false, x: "step", markers: true });
  /** What is looked at; null: everything, also what is still to come. */
  readonly range = signal<XRange | null>(null);
  readonly cursor = signal<Cursor | null>(null);
  readonly origin = signal<XOrigin>({ stepsPerEpoch: null, start: 0 });
  /** From the first to the last place of all lines. Written by whoever has them, before it says that there is something new. */
  extent: XRange | null = null;
  readonly #members = new Set<PlotMember>();
  /** Rises as plots come into sight or go out of it. */
  readonly sight = signal(0);

  set(change: Partial<PlotSettings>): void {
    const { x } = this.settings.value;
    // A range of steps is none of the clock.
    const other = change.x !== undefined && isTime(change.x) !== isTime(x);
    this.settings.value = { ...this.settings.value, ...change };
    if (other) {
      this.range.value = null;
      this.cursor.value = null;
    }
  }

  /** What the axis counts: what was chosen, or steps where a run tells no epochs, or no times. */
  x(): XMode {
    const { x } = this.settings.value;
    const { stepsPerEpoch, start } = this.origin.value;
    return (x === "epoch" && stepsPerEpoch === null) || (isTime(x) && start === 0) ? "step" : x;
  }

  /** What a plot draws: what is looked at, or everything. */
  view(): XRange {
    const { from, to } = this.range.value ?? this.extent ?? { from: 0, to: 1 };
    return to > from ? { from, to } : { from: from - 0.5, to: to + 0.5 };
  }

  /** Looks at a part, kept within what there is. A part that is all of it is none. */
  zoom({ from, to }: XRange): void {
    const whole = this.extent;
    if (!whole) return;
    const length = whole.to - whole.from;
    const width = Math.max(to - from, length / ZOOM_MAX);
    if (width >= length) {
      this.range.value = null;
      return;
    }
    const begin = Math.min(Math.max(from, whole.from), whole.to - width);
    this.range.value = { from: begin, to: begin + width };
  }

  /** @param by part of what is seen, to the right */
  pan(by: number): void {
    const { value } = this.range;
    if (!value) return;
    const shift = (value.to - value.from) * by;
    this.zoom({ from: value.from + shift, to: value.to + shift });
  }

  reset(): void {
    this.range.value = null;
  }

  join(member: PlotMember): () => void {
    this.#members.add(member);
    this.sight.value += 1;
    return () => {
      this.#members.delete(member);
    };
  }

  get members(): readonly PlotMember[] {
    return [...this.#members];
  }
}
