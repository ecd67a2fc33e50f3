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
