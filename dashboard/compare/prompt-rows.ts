import type { Sample } from "../samples/sample.ts";

/** One prompt over all runs: the newest sample of each; null where a run made none of it. */
export type PromptRow = { prompt: string; samples: readonly (Sample | null)[] };

/** @param samples of each run, newest first. Runs share a prompt where its text is the same; what has none cannot be matched and is left out. */
export function promptRows(samples: readonly (readonly Sample[])[]): PromptRow[] {
  const newest = samples.map((of) => {
    const byPrompt = new Map<string, Sample>();
    for (const sample of of) if (sample.prompt && !byPrompt.has(sample.prompt)) byPrompt.set(sample.prompt, sample);
    return byPrompt;
  });
  const prompts = [...new Set(newest.flatMap((byPrompt) => [...byPrompt.keys()]))];
  const rows = prompts.map((prompt) => ({ prompt, samples: newest.map((byPrompt) => byPrompt.get(prompt) ?? null) }));
  const shared = ({ samples: of }: PromptRow) => of.filter((sample) => sample !== null).length;
  // What more runs have says more. The order in which prompts come is kept else.
  return rows.sort((a, b) => shared(b) - shared(a));
}
