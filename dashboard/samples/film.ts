import { order, type Sample } from "./sample.ts";

/** One prompt and its samples, oldest first. Samples of somebody's own wish are rows of their own. */
export type FilmRow = { key: string; prompt: string | null; custom: boolean; samples: readonly Sample[] };

/** When samples were taken together: those of one step, one after the other. A run that went back to an earlier step has it twice. */
export type Moment = {
  step: number | null /** The offset of its last sample: what was there at this moment lies at or before it. */;
  until: number;
};

/** Prompts by time: what a scrubber moves through, and a grid shows whole. */
export type Film = { rows: readonly FilmRow[]; moments: readonly Moment[] };

/** @param samples newest first */
export function filmOf(samples: readonly Sample[]): Film {
  const rows = new Map<string, FilmRow & { samples: Sample[] }>();
  const moments: Moment[] = [];
  for (const sample of [...samples].reverse()) {
    const custom = sample.sample_type === "custom";
    const key = `${custom ? "custom" : "default"} ${sample.prompt ?? ""}`;
    const row = rows.get(key);
    if (row) row.samples.push(sample);
    else rows.set(key, { key, prompt: sample.prompt ?? null, custom, samples: [sample] });
    const last = moments.at(-1);
    const step = sample.step ?? null;
    if (last && last.step === step) last.until = order(sample);
    else moments.push({ step, until: order(sample) });
  }
  return { rows: [...rows.values()].sort((a, b) => Number(a.custom) - Number(b.custom)), moments };
}

/** @returns the newest sample of a row at or before a moment, and its place; null where the row begins later */
export function sampleAt({ samples }: FilmRow, { until }: Moment): { sample: Sample; index: number } | null {
  const index = samples.findLastIndex((sample) => order(sample) <= until);
  const sample = samples[index];
  return sample ? { sample, index } : null;
}

/** @returns the sample of a row that was taken at that very moment, null where it was not sampled then */
export function sampleIn(row: FilmRow, moment: Moment, before: Moment | undefined): Sample | null {
  const found = sampleAt(row, moment);
  return found && order(found.sample) > (before?.until ?? Number.NEGATIVE_INFINITY) ? found.sample : null;
}
