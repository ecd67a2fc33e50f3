import { duration, figure } from "../time/format.ts";
import type { Axis } from "./address.ts";

/** @returns by how much a value is above or below the baseline's, `+0.0120`, with a real minus; null where one of them is none */
export function difference(value: number | null | undefined, base: number | null | undefined): string | null {
  if (typeof value !== "number" || typeof base !== "number") return null;
  const by = value - base;
  if (!Number.isFinite(by)) return null;
  return `${by < 0 ? "−" : by > 0 ? "+" : "±"}${figure(Math.abs(by))}`;
}

export const AXIS_WORDS: Record<Axis, string> = { step: "Step", epoch: "Epoch", time: "Time since start", clock: "Clock" };

export const AXIS_HINTS: Record<Axis, string> = {
  step: "What a resumed training went over again counts once",
  epoch: "Steps, by how many of them each run's epoch has",
  time: "How long each run has been trained; what lay between its end and its resumption is left out",
  clock: "When it happened",
};

const CLOCK = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const COUNT = new Intl.NumberFormat(undefined);

/** @returns where on an axis, as its readout has it: `step 1,200`, `epoch 2.50`, `1 h 05 min` */
export function placeText(axis: Axis, x: number): string {
  switch (axis) {
    case "step":
      return `step ${COUNT.format(Math.round(x))}`;
    case "epoch":
      return `epoch ${x.toFixed(2)}`;
    case "time":
      return duration(x);
    case "clock":
      return CLOCK.format(x * 1000);
  }
}

const TICK_DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const TICK_CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** @returns a tick of the axis: short, since several stand beside each other. Midnight is told by its day. */
export function tickText(axis: Axis, x: number): string {
  switch (axis) {
    case "step":
      return COUNT.format(x);
    case "epoch":
      return String(Number(x.toFixed(2)));
    case "time":
      return shortDuration(x);
    case "clock": {
      const at = new Date(x * 1000);
      return at.getHours() === 0 && at.getMinutes() === 0 ? TICK_DAY.format(at) : TICK_CLOCK.format(at);
    }
  }
}

/** @returns `40s`, `12m`, `1h30` */
function shortDuration(seconds: number): string {
  if (seconds === 0) return "0";
  if (seconds < 60) return `${Number(seconds.toFixed(1))}s`;
  if (seconds < 3600) return `${Number((seconds / 60).toFixed(1))}m`;
  const minutes = Math.round(seconds / 60);
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}`;
}

/** Distances of ticks, in seconds: what clocks count by. */
export const SECOND_INCREMENTS = [
  1,
  2,
  5,
  10,
  15,
  30,
  60,
  120,
  300,
  600,
  900,
  1800,
  3600,
  7200,
  3 * 3600,
  6 * 3600,
  12 * 3600,
  86_400,
  2 * 86_400,
  7 * 86_400,
];
