/**
 * How wrong the ETA is, beside the two that everybody has: `node bench/eta/eta.ts [--runs N] [--tuning] [--json]`.
 *
 * Simulated runs, and two recorded ones, so that the truth is known. The estimator was tuned on other seeds (`--tuning`) than those that are reported.
 */
import { parseArgs } from "node:util";
import { RECORDED, recordedRun } from "./recorded.ts";
import { score, scoreRuns } from "./score.ts";
import { SHAPES } from "./shapes.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "20" },
    tuning: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const first = values.tuning ? 1 : 100_001;
const seeds = Array.from({ length: Number(values.runs) }, (_, index) => first + index);
const simulated = Object.keys(SHAPES).map((shape) => score(shape, seeds));
const recorded = RECORDED.map((name) => scoreRuns(`recorded: ${name}`, [recordedRun(name)]));
const scores = [...simulated, ...recorded];

if (values.json) {
  console.log(JSON.stringify({ runs: seeds.length, first_seed: first, unit: "percent of the run's duration", scores }));
} else {
  console.log(`Mean absolute error in % of the run's duration, ${seeds.length} simulated runs of each shape, seeds from ${first}`);
  console.table(
    scores.map(({ shape, first_step, ...figures }) => ({
      shape,
      ...Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, Number(figure.toFixed(2))])),
      "first at step": first_step,
    })),
  );
  console.log("inside: how often the truth lies in our range, in %; width: of that range, in % of the time left.");
}
