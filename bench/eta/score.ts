import { type Estimator, naive, runcast, tqdm } from "./estimators.ts";
import { type Run, SHAPES, simulate } from "./shapes.ts";

/** Errors in percent of the run's duration; `inside` and `width` (share of the truth) are of our range. */
export type Score = { shape: string; runcast: number; naive: number; tqdm: number; inside: number; width: number; first_step: number };

/**
 * Runs one estimator along a run. The end of an epoch may be told twice: the second time is no step.
 *
 * @returns its estimate and the truth after each step, null where it has none yet
 */
function follow(run: Run, estimator: Estimator) {
  let done = run.began;
  const steps = run.signals
    .map((signal) => ({ signal, estimate: estimator(signal) }))
    .filter(({ signal }) => {
      const step = signal.kind === "step" && signal.done > done;
      if (step) done = signal.done;
      return step;
    });
  return steps.map(({ signal, estimate }) => ({ estimate, truth: run.ended_at - signal.at }));
}

/** @returns the score of simulated runs of a shape in SHAPES, one for each seed */
export function score(shape: string, seeds: readonly number[]): Score {
  const made = SHAPES[shape];
  if (!made) throw new Error(`no such shape: ${shape}`);
  return scoreRuns(
    shape,
    seeds.map((seed) => simulate(made, seed)),
  );
}

/** Mean absolute error of each estimator after every step at which ours says something, over the runs. */
export function scoreRuns(shape: string, runs: readonly Run[]): Score {
  const errors = { runcast: 0, naive: 0, tqdm: 0 };
  let points = 0;
  let inside = 0;
  let width = 0;
  let first_step = 0;
  for (const run of runs) {
    const ours = follow(run, runcast());
    const rivals = { naive: follow(run, naive(run)), tqdm: follow(run, tqdm()) };
    first_step += ours.findIndex(({ estimate }) => estimate !== null) + 1;
    for (const [index, { estimate, truth }] of ours.entries()) {
      // After the last step nothing is left to be wrong about.
      if (!estimate || truth <= 0) continue;
      points++;
      errors.runcast += Math.abs(estimate.seconds - truth) / run.ended_at;
      errors.naive += Math.abs((rivals.naive[index]?.estimate?.seconds ?? 0) - truth) / run.ended_at;
      errors.tqdm += Math.abs((rivals.tqdm[index]?.estimate?.seconds ?? 0) - truth) / run.ended_at;
      if (truth >= (estimate.low ?? 0) && truth <= (estimate.high ?? 0)) inside++;
      width += ((estimate.high ?? 0) - (estimate.low ?? 0)) / truth;
    }
  }
  const percent = (sum: number) => (100 * sum) / points;
  return {
    shape,
    runcast: percent(errors.runcast),
    naive: percent(errors.naive),
    tqdm: percent(errors.tqdm),
    inside: percent(inside),
    width: percent(width),
    first_step: first_step / runs.length,
  };
}
