import type { Freshness } from "../model/freshness.ts";
import { now } from "../time/clock.ts";
import { ago } from "../time/format.ts";

/** Figures older than this are not called live, even where both links stand. */
const OLD_MS = 15_000;

/**
 * How old the figures beside it are, where that has to be said. Takes its place in any case, so that nothing moves.
 * @param at when they were true, in this machine's milliseconds; null where there are none
 */
export function AsOf({ at, freshness }: { at: number | null; freshness: Freshness }) {
  const old = at !== null && now.value - at > OLD_MS;
  const told = at !== null && (freshness.kind === "stale" || (freshness.kind === "live" && old));
  return <span class="as-of muted figure">{told ? `as of ${ago(at, now.value)}` : ""}</span>;
}

/** @returns the class that dims figures which are not of now */
export function staleClass(at: number | null, freshness: Freshness): string {
  return freshness.kind === "stale" || (freshness.kind === "live" && at !== null && now.value - at > OLD_MS) ? "stale" : "";
}
