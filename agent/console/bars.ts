import type { BarShape } from "./bar-shape.ts";

/** One progress bar while it moves. Times are milliseconds. */
export type Bar = {
  label: string;
  /** Counts the bars of this label: a bar that begins anew is another bar. */
  run: number;
  progress: number | null;
  text: string;
  /** What was said of it last. */
  said: string | null;
  /** When that was, or when it was first drawn. */
  said_at: number;
};

/** A state of a bar that is to be told; `bar` names it, the same for all of its states. */
export type BarLine = { text: string; bar: string };

/** A bar is told at most this often while it moves. */
export const BAR_MS = 1000;
/** Bars that are remembered: nested ones are few, and one that is forgotten was told before. */
const BARS_MAX = 32;

/** Takes in a bar's new state. @returns what is to be told now; `bars` is changed */
export function drawBar(bars: Bar[], shape: BarShape, text: string, now: number): BarLine[] {
  const lines: BarLine[] = [];
  let bar = bars.find((one) => one.label === shape.label);
  if (bar && begins(bar, shape)) {
    lines.push(...tell(bar, now));
    Object.assign(bar, { run: bar.run + 1, said: null, said_at: now });
  } else if (!bar) {
    bar = { label: shape.label, run: 1, progress: null, text, said: null, said_at: now };
    bars.push(bar);
    if (bars.length > BARS_MAX) lines.push(...bars.splice(0, 1).flatMap((oldest) => tell(oldest, now)));
  }
  bar.text = text;
  bar.progress = shape.progress;
  if (isDue(bar, now)) lines.push(...tell(bar, now));
  return lines;
}

/** @returns when a bar has something to tell, or null */
export function barsDue(bars: readonly Bar[]): number | null {
  const times = bars.filter(isHeld).map((bar) => bar.said_at + BAR_MS);
  return times.length === 0 ? null : Math.min(...times);
}

/** @returns the states whose time has come */
export function takeBars(bars: Bar[], now: number): BarLine[] {
  return bars.filter((bar) => isDue(bar, now)).flatMap((bar) => tell(bar, now));
}

/** @returns the last states of all bars, whatever the clock says */
export function endBars(bars: Bar[], now: number): BarLine[] {
  return bars.flatMap((bar) => tell(bar, now));
}

/** The bar will not move any more: tells its last state and forgets it. */
export function endBar(bars: Bar[], label: string, now: number): BarLine[] {
  const index = bars.findIndex((bar) => bar.label === label);
  return bars.splice(index, index < 0 ? 0 : 1).flatMap((bar) => tell(bar, now));
}

const begins = (bar: Bar, shape: BarShape): boolean => bar.progress !== null && shape.progress !== null && shape.progress < bar.progress;
const isHeld = (bar: Bar): boolean => bar.text !== bar.said;
// A clock that was set back does not hold a bar back.
const isDue = (bar: Bar, now: number): boolean => isHeld(bar) && (now >= bar.said_at + BAR_MS || now < bar.said_at);

function tell(bar: Bar, now: number): BarLine[] {
  if (!isHeld(bar)) return [];
  bar.said = bar.text;
  bar.said_at = now;
  return [{ text: bar.text, bar: bar.run === 1 ? bar.label : `${bar.label} #${bar.run}` }];
}
