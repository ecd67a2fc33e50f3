import { lossName, shortName, smoothLossName } from "../model/series.ts";

/** One chart: a series that at least one run has, and what each run calls it; null where it has none. */
export type MatchedSeries = { key: string; title: string; names: readonly (string | null)[] };
export type MatchedGroup = { prefix: string; series: MatchedSeries[] };

/**
 * @param names of the series of each run
 * @returns the loss, which trainers name differently, and the rest by name, grouped as on a run's page
 */
export function matchSeries(names: readonly (readonly string[])[]): { loss: MatchedSeries | null; groups: MatchedGroup[] } {
  const losses = names.map(lossName);
  // What a trainer smoothed itself says nothing beside a loss that is smoothed alike for all.
  const isTaken = (run: number, name: string) => name === losses[run] || name === smoothLossName(names[run] ?? []);
  const rest = new Set(names.flatMap((of, run) => of.filter((name) => !isTaken(run, name))));
  const groups = new Map<string, MatchedSeries[]>();
  for (const name of [...rest].sort()) {
    const prefix = name.includes("/") ? name.slice(0, name.indexOf("/")) : name;
    const own = names.map((of, run) => (of.includes(name) && !isTaken(run, name) ? name : null));
    groups.set(prefix, [...(groups.get(prefix) ?? []), { key: name, title: shortName(name, prefix), names: own }]);
  }
  const found = new Set(losses.filter((name) => name !== null));
  const loss = found.size === 0 ? null : { key: "loss", title: found.size === 1 ? ([...found][0] ?? "loss") : "loss", names: losses };
  return { loss, groups: [...groups].map(([prefix, series]) => ({ prefix, series })) };
}
