import { useState } from "preact/hooks";
import { ago } from "../time/format.ts";
import { HISTORY_MS, pieces, type Reading } from "./stats-history.ts";

const WIDTH = 100;
const HEIGHT = 22;
const LEAST_MS = 60_000;

/**
 * The last minutes of a figure as a line, ten at most; under the pointer its value then.
 * @param most the top of the scale; null: the greatest there was
 */
export function Sparkline({
  readings,
  most,
  text,
}: {
  readings: readonly Reading[];
  most: number | null;
  text: (value: number) => string;
}) {
  const [pointed, setPointed] = useState<Reading | null>(null);
  const last = readings.at(-1);
  const end = last?.at ?? 0;
  const top = most ?? readings.reduce((greatest, { value }) => Math.max(greatest, value), 0);
  // What is shorter than ten minutes has the whole width, too: a dot at the edge says nothing.
  const span = Math.min(HISTORY_MS, Math.max(LEAST_MS, end - (readings[0]?.at ?? end)));
  const x = (at: number) => WIDTH - ((end - at) / span) * WIDTH;
  const y = (value: number) => HEIGHT - 1 - (Math.min(value, top) / (top || 1)) * (HEIGHT - 2);
  const path = pieces(readings)
    .map((piece) => piece.map(({ at, value }, index) => `${index === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join(""))
    .join("");
  const onMove = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    const at = end - (1 - (event.clientX - left) / width) * span;
    const nearest = readings.reduce<Reading | null>(
      (best, reading) => (best === null || Math.abs(reading.at - at) < Math.abs(best.at - at) ? reading : best),
      null,
    );
    setPointed(nearest);
  };
  return (
    <span class="sparkline">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        onPointerMove={onMove}
        onPointerLeave={() => setPointed(null)}
      >
        <path d={path} vector-effect="non-scaling-stroke" />
        {pointed && <line x1={x(pointed.at)} x2={x(pointed.at)} y1="0" y2={HEIGHT} vector-effect="non-scaling-stroke" />}
      </svg>
      {pointed && (
        <span class="sparkline-tip figure">
          {text(pointed.value)} · {ago(pointed.at, end)}
        </span>
      )}
    </span>
  );
}
