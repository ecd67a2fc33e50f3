/** Which series is drawn where. Series are named as the trainer named them. */

const LOSS = ["loss/train_step", "train/loss", "loss/train", "train_loss", "loss"];
const SMOOTH_LOSS = ["smooth_loss/train_step", "smooth_loss"];
/** Told again as `validation_result`, with its label. */
export const VALIDATION = "loss/validation_step/";

/** @returns the name of the training loss, or null where the trainer logged none */
export function lossName(names: readonly string[]): string | null {
  return (
    LOSS.find((name) => names.includes(name)) ?? names.find((name) => /loss/i.test(name) && !/val|test|eval|smooth/i.test(name)) ?? null
  );
}

/** @returns the name of the loss that the trainer smoothed itself, or null */
export function smoothLossName(names: readonly string[]): string | null {
  return SMOOTH_LOSS.find((name) => names.includes(name)) ?? null;
}

/** `block_2` before `block_10`. */
const NATURAL = new Intl.Collator("en", { numeric: true });

/** Series that share a chart. */
export type SeriesGroup = { prefix: string; names: string[] };

/** @returns everything that is not in the loss chart, grouped by what stands before the first slash, in alphabetical order */
export function otherGroups(names: readonly string[]): SeriesGroup[] {
  const taken = new Set([lossName(names), smoothLossName(names)]);
  const groups = new Map<string, string[]>();
  for (const name of [...names].sort(NATURAL.compare)) {
    if (taken.has(name) || name.startsWith(VALIDATION)) continue;
    const prefix = name.includes("/") ? name.slice(0, name.indexOf("/")) : name;
    const group = groups.get(prefix) ?? [];
    group.push(name);
    groups.set(prefix, group);
  }
  return [...groups].map(([prefix, members]) => ({ prefix, names: members }));
}

/** @returns what tells a series from the others of its chart */
export function shortName(name: string, prefix: string): string {
  return name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : name;
}
