import { readFileSync } from "node:fs";
import { meaningOf } from "../../agent/translate/onetrainer-status.ts";
import type { Run, Signal } from "./shapes.ts";

type Call = {
  t: number;
  call: string;
  status?: string;
  train_progress?: { epoch: number; epoch_step: number; global_step: number };
  max_step?: number;
  max_epoch?: number;
};

/** Runs of the real OneTrainer, some twenty steps in ten to twenty seconds: short, and mostly overhead. */
export const RECORDED = ["full", "resumed"] as const;

/** @returns a recording as the estimators see it; its clock starts with the first epoch, as OneTrainer's own progress bar does */
export function recordedRun(name: (typeof RECORDED)[number]): Run {
  const lines = readFileSync(new URL(`../../test/recordings/${name}.calls.ndjson`, import.meta.url), "utf8").split("\n");
  const calls = lines.filter((line) => line !== "").map((line) => JSON.parse(line.replace(/: NaN\b/g, ": null")) as Call);
  const start = calls.find((call) => call.status === "Starting epoch/caching")?.t ?? 0;
  const steps = calls.filter((call) => call.train_progress);
  const signals = calls.filter((call) => call.t >= start && call.t <= (steps.at(-1)?.t ?? 0)).flatMap((call) => signalOf(call, start));
  return { signals, ended_at: signals.at(-1)?.at ?? 0, began: (steps[0]?.train_progress?.global_step ?? 1) - 1 };
}

function signalOf({ t, status, train_progress, max_step = 0, max_epoch = 0 }: Call, start: number): Signal[] {
  const at = t - start;
  if (train_progress) {
    const done = train_progress.epoch * max_step + train_progress.epoch_step;
    return [{ kind: "step", done, total: max_step * max_epoch, epoch_steps: max_step, at }];
  }
  const meaning = status === undefined ? null : meaningOf(status, true);
  return meaning?.kind === "status" && meaning.phase !== null ? [{ kind: "phase", phase: meaning.phase, at }] : [];
}
