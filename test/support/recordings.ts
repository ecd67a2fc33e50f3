import { readFileSync } from "node:fs";

/** One line of a recording in test/recordings: a call that the real trainer made. */
export type Call = {
  call: string;
  tag?: string;
  value?: number | string;
  global_step?: number;
  status?: string;
  train_progress?: { epoch: number; epoch_step: number; global_step: number };
};

/** @param name full, stopped, resumed or nan */
export function recordedCalls(name: string): Call[] {
  const text = readFileSync(new URL(`../recordings/${name}.calls.ndjson`, import.meta.url), "utf8");
  // Python writes NaN, which JSON does not know.
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line.replaceAll(/: NaN/g, ': "NaN"')) as Call);
}

/** Every scalar of a recording as `tag step value`, sorted. */
export function recordedScalars(name: string): string[] {
  return recordedCalls(name)
    .filter((call) => call.call === "add_scalar")
    .map((call) => `${call.tag} ${call.global_step} ${call.value}`)
    .sort();
}
