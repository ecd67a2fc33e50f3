import { figure } from "../time/format.ts";
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
