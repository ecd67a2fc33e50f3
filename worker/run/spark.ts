import { type AnyEvent, fromWire, trainingProgress, type WireNumber } from "../../protocol/index.ts";

/** A curve of the loss for a list of runs: a few points over the whole run, which cost a few hundred bytes of the newest row. */
export type Spark = {
  /** Points are this many steps apart at least. */
  every: number;
  steps: number[];
  values: WireNumber[];
};

export const NO_SPARK: Spark = { every: 1, steps: [], values: [] };

/** As many as a line of a list can show. */
const POINTS = 48;

/** @returns the curve after one more `training_progress`; one of a step that is too close to the last changes nothing */
export function withProgress(spark: Spark, event: AnyEvent): Spark {
  const read = trainingProgress.pick({ global_step: true, step: true, loss: true, smooth_loss: true }).safeParse(event);
  if (!read.success) return spark;
  const { global_step, step, loss, smooth_loss } = read.data;
  const value = smooth_loss ?? loss;
  const at = global_step ?? step;
  if (fromWire(value) === null || value === null || value === undefined || typeof at !== "number") return spark;
  const last = spark.steps.at(-1);
  // A run that was resumed at an earlier step goes on from there.
  if (last !== undefined && at < last) return withProgress(before(spark, at), event);
  if (last !== undefined && at - last < spark.every) return spark;
  return thinned({ ...spark, steps: [...spark.steps, at], values: [...spark.values, rounded(value)] });
}

function before(spark: Spark, step: number): Spark {
  const kept = spark.steps.filter((each) => each < step).length;
  return { every: spark.every, steps: spark.steps.slice(0, kept), values: spark.values.slice(0, kept) };
}

/** Every second point, where there are too many; from then on they come half as often. */
function thinned(spark: Spark): Spark {
  if (spark.steps.length <= POINTS) return spark;
  const isKept = (_: unknown, index: number) => index % 2 === 0;
  const steps = spark.steps.filter(isKept);
  const span = (steps.at(-1) ?? 0) - (steps[0] ?? 0);
  return { every: Math.max(spark.every, Math.ceil(span / (POINTS - 1))), steps, values: spark.values.filter(isKept) };
}

/** To what a line of a few pixels can show. */
function rounded(value: WireNumber): WireNumber {
  return typeof value === "number" ? Number(value.toPrecision(3)) : value;
}
