/** What a comparison shows, as it stands in the page's address: a link to it shows the same. */

/** Colours and dashes that eyes tell apart, and columns that a screen holds, end here. */
export const RUNS_MAX = 8;

/** What the curves are laid side by side by. `time`: since each run's start; `clock`: as the clock on the wall was. */
export const AXES = ["step", "epoch", "time", "clock"] as const;
export type Axis = (typeof AXES)[number];

export type Comparison = {
  runs: readonly string[];
  by: Axis;
  /** What differences are told against; null: the first run. */
  base: string | null;
  /** 0 is none. */
  smoothing: number;
  logarithmic: boolean;
};

/** The loss of a training jumps from step to step: what most people want to see of it is where it goes. */
export const SMOOTHING_USUAL = 0.9;
export const SMOOTHING_MAX = 0.99;

/** @param search the query of the address; of a value that it cannot have the usual one is taken, and of a run that stands there twice one */
export function readComparison(search: string): Comparison & { left_out: number } {
  const query = new URLSearchParams(search);
  const named = [...new Set(query.getAll("run").filter((run) => run !== ""))];
  const runs = named.slice(0, RUNS_MAX);
  const base = query.get("base");
  const smoothing = Number(query.get("smooth") ?? SMOOTHING_USUAL);
  return {
    runs,
    by: AXES.find((axis) => axis === query.get("by")) ?? "step",
    base: base !== null && runs.includes(base) ? base : null,
    smoothing: smoothing >= 0 && smoothing <= SMOOTHING_MAX ? smoothing : SMOOTHING_USUAL,
    logarithmic: query.get("log") === "1",
    left_out: named.length - runs.length,
  };
}

/** @returns the path of the page; what is usual is left out */
export function comparePath({ runs, by, base, smoothing, logarithmic }: Comparison): string {
  const query = new URLSearchParams(runs.map((run): [string, string] => ["run", run]));
  if (by !== "step") query.set("by", by);
  if (base !== null && base !== runs[0]) query.set("base", base);
  if (smoothing !== SMOOTHING_USUAL) query.set("smooth", String(smoothing));
  if (logarithmic) query.set("log", "1");
  const text = query.toString();
  return text === "" ? "/compare" : `/compare?${text}`;
}

/** @returns the path of a page that compares these runs, as everybody begins */
export function pathOfRuns(runs: readonly string[]): string {
  return comparePath({ runs, by: "step", base: null, smoothing: SMOOTHING_USUAL, logarithmic: false });
}
