import { fromWire, type RunSummary } from "../../protocol/index.ts";

const WIDTH = 120;
const HEIGHT = 28;
const EDGE = 2;

/** The loss over the whole run as a line without figures; where it is no number it ends in a cross. */
export function SparkLine({ loss }: { loss: RunSummary["loss"] }) {
  const points = (loss?.steps ?? []).map((step, index) => ({ step, value: fromWire(loss?.values[index]) ?? Number.NaN }));
  const finite = points.filter(({ value }) => Number.isFinite(value));
  const [first, last] = [finite[0], finite.at(-1)];
  const broken = points.length > 0 && !Number.isFinite(points.at(-1)?.value);
  if (!first || !last || (finite.length < 2 && !broken)) return <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" />;
  const values = finite.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (step: number) => EDGE + ((step - first.step) / (last.step - first.step || 1)) * (WIDTH - 3 * EDGE);
  const y = (value: number) => EDGE + ((high - value) / (high - low || 1)) * (HEIGHT - 2 * EDGE);
  const path = finite.map(({ step, value }, index) => `${index === 0 ? "M" : "L"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={broken ? "Loss, which became no number" : "Loss over the run"}
    >
      <path d={path} />
      {broken ? (
        <path class="broken" d={`M${WIDTH - 9} ${HEIGHT / 2 - 3}l6 6m0 -6l-6 6`} />
      ) : (
        <circle cx={x(last.step)} cy={y(last.value)} r="2" />
      )}
    </svg>
  );
}
