import { count, duration, isMoment } from "../time/format.ts";
import type { XMode, XRange } from "./plot-line.ts";

/** What an axis of epochs or of elapsed time counts from. `stepsPerEpoch`: null where the trainer tells none. `start` in ms since 1970. */
export type XOrigin = { stepsPerEpoch: number | null; start: number };

/** CSS pixels between two labels, at least. */
const LABEL_PX: Record<XMode, number> = { step: 62, epoch: 56, time: 88, elapsed: 84 };

const SECOND = 1000;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].map((s) => s * SECOND);
const DAY = 86_400 * SECOND;

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const SECONDS = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const FULL = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** @returns places of the labels on an axis of `width` CSS pixels */
export function xTicks(mode: XMode, { from, to }: XRange, width: number, origin: XOrigin): number[] {
  const wanted = Math.max(1, Math.floor(width / LABEL_PX[mode]));
  const rough = (to - from) / wanted;
  switch (mode) {
    case "step":
      return multiples(from, to, Math.max(1, niceAbove(rough)), 0);
    case "epoch": {
      const unit = origin.stepsPerEpoch ?? 1;
      return multiples(from, to, niceAbove(rough / unit) * unit, 0);
    }
    case "time":
      return multiples(from, to, timeAbove(rough), new Date(isMoment(from) ? from : 0).getTimezoneOffset() * 60 * SECOND);
    case "elapsed":
      return multiples(from, to, timeAbove(rough), origin.start);
  }
}

function multiples(from: number, to: number, by: number, origin: number): number[] {
  const ticks: number[] = [];
  if (!(by > 0)) return ticks;
  for (let at = Math.ceil((from - origin) / by); at * by + origin <= to && ticks.length < 100; at += 1) ticks.push(at * by + origin);
  return ticks;
}

function niceAbove(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const factor = [1, 2, 5, 10].find((each) => each * power >= size) ?? 10;
  return factor * power;
}

function timeAbove(size: number): number {
  return TIME_STEPS.find((each) => each >= size) ?? Math.ceil(size / DAY) * DAY;
}

/** @returns what stands at the labels */
export function tickTexts(mode: XMode, ticks: readonly number[], origin: XOrigin): string[] {
  const by = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  return ticks.map((x) => tickText(mode, x, by, origin));
}

function tickText(mode: XMode, x: number, by: number, origin: XOrigin): string {
  switch (mode) {
    case "step":
      return count(x);
    case "epoch":
      return String(Number((x / (origin.stepsPerEpoch ?? 1)).toPrecision(6)));
    case "time":
      if (!isMoment(x)) return "";
      return (by >= DAY / 2 ? DATE : by > 0 && by < 60 * SECOND ? SECONDS : TIME).format(x);
    case "elapsed":
      return duration((x - origin.start) / SECOND);
  }
}

/** @returns a place on the axis in words: `step 120`, `epoch 3.25`, `25 Nov, 18:25:03`, `1 h 05 min after the start` */
export function placeText(mode: XMode, x: number, origin: XOrigin): string {
  switch (mode) {
    case "step":
      return `step ${count(Math.round(x))}`;
    case "epoch":
      // Where places are epochs there are no steps to be told.
      return origin.stepsPerEpoch === null
        ? `epoch ${x.toFixed(2)}`
        : `epoch ${(x / origin.stepsPerEpoch).toFixed(2)} · step ${count(Math.round(x))}`;
    case "time":
      return isMoment(x) ? FULL.format(x) : "–";
    case "elapsed":
      return `${duration((x - origin.start) / SECOND)} after the start`;
  }
}
