import type { EventOf } from "../../protocol/index.ts";

export type Sample = EventOf<"sample_generated">;

/** What a page keeps: a long run makes thousands, and older ones stay on the relay. */
const KEPT = 400;

/** @returns the samples, newest first, each once */
export function addSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  if (samples.some((each) => each.sample_id === sample.sample_id)) return samples;
  const rank = order(sample);
  const before = samples.findIndex((each) => order(each) <= rank);
  return (before < 0 ? [...samples, sample] : samples.toSpliced(before, 0, sample)).slice(0, KEPT);
}

/** Offsets first: a resumed run goes back to earlier steps, and is newer all the same. */
function order(sample: Sample): number {
  return sample.offset ?? sample.step ?? 0;
}

/** One prompt and its pictures, newest first. */
export type PromptSamples = { key: string; prompt: string | null; custom: boolean; samples: readonly Sample[] };

/** @returns one row a prompt, in the order in which the prompts first appeared; samples of one's own wish last */
export function byPrompt(samples: readonly Sample[]): PromptSamples[] {
  const rows = new Map<string, PromptSamples & { samples: Sample[] }>();
  for (const sample of [...samples].reverse()) {
    const custom = sample.sample_type === "custom";
    const key = `${custom ? "custom" : "default"} ${sample.prompt ?? ""}`;
    const row = rows.get(key);
    if (row) row.samples.unshift(sample);
    else rows.set(key, { key, prompt: sample.prompt ?? null, custom, samples: [sample] });
  }
  return [...rows.values()].sort((a, b) => Number(a.custom) - Number(b.custom));
}
