import { median } from "./median.ts";
import type { EtaState, Timing } from "./state.ts";

/** A step that took this many times the usual was not a step alone. */
const OUTLIER = 6;
/** More of them among few steps are no accidents but how this training is: pictures beside videos, say. */
const SHARE_MAX = 1 / 8;
/** The first steps compile, allocate and fill caches: until one is within this of those that follow, and for so many steps at most. */
const WARM_LIMIT = 1.5;
const WARM_STEPS = 10;

/** The newest timings, sorted by what they are worth. */
export type Judged = {
  /** Steps like the others. */
  steps: Timing[];
  /** Far longer than their neighbours, though nobody said why. */
  gaps: Timing[];
  /** The median of all of them. */
  usual: number;
};

/** @returns the timings, those of the warm-up left out, and those of accidents told apart */
export function judge(eta: EtaState): Judged {
  const timings = eta.recent.slice(warmUp(eta));
  const usual = median(timings.map((timing) => timing.seconds));
  const gaps = timings.filter((timing) => timing.seconds > OUTLIER * usual);
  if (gaps.length > Math.max(1, timings.length * SHARE_MAX)) return { steps: timings, gaps: [], usual };
  return { steps: timings.filter((timing) => timing.seconds <= OUTLIER * usual), gaps, usual };
}

/** @returns how many of the newest timings, from the oldest on, still belong to the training's beginning */
function warmUp(eta: EtaState): number {
  if (eta.history.length > 0) return 0;
  let count = 0;
  for (const timing of eta.recent.slice(0, -2)) {
    const following = eta.recent.slice(count + 1).map((one) => one.seconds);
    const early = timing.done <= (eta.began ?? 0) + WARM_STEPS;
    if (!early || timing.seconds <= WARM_LIMIT * median(following)) break;
    count++;
  }
  return count;
}
