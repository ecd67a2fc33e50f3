import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { count } from "../time/format.ts";
import { type Columns, columnsOf, type Line, marksOf } from "./lines.ts";
import { chartOptions, valueAt } from "./options.ts";
import { readTheme, theme } from "./theme.ts";

/**
 * A chart over steps with its figures above: those under the pointer, else the newest.
 * @param lines read anew whenever `version` changes
 * @param height in pixels; fixed, so that nothing moves while data comes
 */
export function Chart({ label, lines, version, height }: { label: string; lines: readonly Line[]; version: number; height: number }) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot | null>(null);
  const zoomed = useRef(false);
  const seen = useRef(true);
  const row = useSignal<number | null>(null);
  const logarithmic = useSignal(false);
  const colors = theme.value ?? readTheme();

  // The curves are changed in place, and `version` says so.
  const columns = useMemo(() => columnsOf(lines, logarithmic.value), [version, lines.length, logarithmic.value]);
  const marks = useRef(marksOf(lines));
  marks.current = marksOf(lines);
  const latest = useRef(columns);
  latest.current = columns;

  const shape = lines.map((line) => `${line.name} ${line.color}`).join("\n");
  // Another chart only where its lines or colours are others.
  useEffect(() => {
    const { current: host } = place;
    if (!host) return;
    zoomed.current = false;
    const size = () => ({ width: Math.max(host.clientWidth, 120), height });
    const options = chartOptions(size(), lines, colors, logarithmic.value, {
      marks: () => marks.current,
      onCursor: (at) => {
        row.value = at;
      },
      onZoom: () => {
        zoomed.current = true;
      },
    });
    const chart = new uPlot(options, latest.current, host);
    drawn.current = chart;
    // A double click shows everything again, which is uPlot's own doing.
    chart.over.addEventListener("dblclick", () => {
      zoomed.current = false;
    });
    const observer = new ResizeObserver(() => chart.setSize(size()));
    observer.observe(host);
    // What is scrolled away is not drawn: a phone's battery pays for every frame.
    const sight = new IntersectionObserver(([entry]) => {
      seen.current = entry?.isIntersecting ?? true;
      if (seen.current) draw(chart, latest.current, zoomed.current);
    });
    sight.observe(host);
    return () => {
      observer.disconnect();
      sight.disconnect();
      chart.destroy();
      drawn.current = null;
    };
  }, [shape, colors, height, logarithmic.value]);

  useEffect(() => {
    const { current: chart } = drawn;
    if (chart && seen.current) draw(chart, columns, zoomed.current);
  }, [columns]);

  const step = columns[0][row.value ?? columns[0].length - 1] ?? null;
  const figures = lines.map((line, index) => ({ line, text: valueAt(columns[index + 1], row.value) }));
  return (
    <figure class="chart">
      <figcaption>
        <h3>{label}</h3>
        <ul class="readout">
          {figures.map(({ line, text }) => (
            <li key={line.name}>
              <Swatch line={line} />
              <span class="series-name">{line.name}</span> <span class="figure">{text}</span>
            </li>
          ))}
          <li class="muted at-step">
            step <span class="figure">{count(step)}</span>
          </li>
        </ul>
        <button
          type="button"
          class="quiet small"
          aria-pressed={logarithmic}
          aria-label={`${label}: logarithmic scale`}
          onClick={() => {
            logarithmic.value = !logarithmic.value;
          }}
        >
          log
        </button>
      </figcaption>
      <div
        ref={place}
        class="plot"
        role="img"
        aria-label={`${label}, ${figures.map(({ line, text }) => `${line.name} ${text}`).join(", ")}, at step ${count(step)}`}
      />
    </figure>
  );
}

/** Somebody who looks at a part of the curve keeps that part, while data comes. */
function draw(chart: uPlot, columns: Columns, zoomed: boolean): void {
  if (chart.data === columns) return;
  chart.setData(columns, !zoomed);
  if (zoomed) chart.redraw();
}

/** The line as it is drawn: a stroke, or a ring. */
function Swatch({ line }: { line: Line }) {
  return (
    <svg class="swatch" width="14" height="10" viewBox="0 0 14 10" aria-hidden="true">
      {line.points ? (
        <circle cx="7" cy="5" r="3" fill="none" stroke={line.color} stroke-width="2" />
      ) : (
        <path d="M0 5h14" stroke={line.color} stroke-width={line.width + 0.5} />
      )}
    </svg>
  );
}
