import type { ReadonlySignal } from "@preact/signals";
import { figure } from "../time/format.ts";
import { CLUSTER_PX, type MarkerCluster } from "./markers.ts";
import type { PlotCanvas } from "./plot-canvas.ts";
import type { PlotGroup } from "./plot-group.ts";
import type { PlotLine } from "./plot-line.ts";
import { type Reading, readingsAt } from "./readings.ts";
import { Swatch } from "./swatch.tsx";
import { placeText } from "./x-ticks.ts";

/** Lines that are told beside the cursor: those nearest to it. */
const ROWS_MAX = 12;
const MARKERS_MAX = 6;
/** Of the cursor's box, in CSS pixels. */
const BOX_GAP = 14;
/** A plot that is narrower, in CSS pixels, has no room for the box. */
const NARROW_PX = 460;
/** What it takes above the plot. */
const BOX_HEIGHT = 150;

type TooltipProps = {
  canvas: PlotCanvas;
  lines: readonly PlotLine[];
  group: PlotGroup;
  owner: object;
  marking: ReadonlySignal<{ from: number; to: number } | null>;
  figures: ReadonlySignal<number>;
  about?: (line: PlotLine, x: number) => string | null;
};

/** The cursor over a plot: a line, a dot on each line, and where the pointer is a box with what stands there. */
export function Tooltip({ canvas, lines, group, owner, marking, figures, about }: TooltipProps) {
  const cursor = group.cursor.value;
  const { smoothing } = group.settings.value;
  const mode = group.x();
  // Read for being told when they change.
  void [group.range.value, figures.value];
  const { over } = canvas.chart;
  const width = over.clientWidth;
  const stretch = marking.value;
  const view = group.view();
  const marked = stretch && (
    <div class="plot-marking" style={{ left: `${over.offsetLeft + stretch.from}px`, width: `${stretch.to - stretch.from}px` }} />
  );
  if (!cursor || cursor.x < view.from || cursor.x > view.to) return marked;
  const left = ((cursor.x - view.from) / (view.to - view.from)) * width;
  const readings = readingsAt(lines, group, cursor.x);
  const place = { left: `${over.offsetLeft + left}px` };
  const hovered = canvas.clusters.filter(({ px }) => Math.abs(px - left) < CLUSTER_PX / 2);
  const mine = cursor.owner === owner;
  const side = sideOf(canvas, left);
  return (
    <>
      {marked}
      <div class="plot-cursor" style={{ ...place, top: `${over.offsetTop}px`, height: `${over.clientHeight}px` }} />
      {readings.map(({ line, raw, smooth, place: { x } }) => {
        const top = canvas.yOf(smooth ?? raw);
        const px = ((x - view.from) / (view.to - view.from)) * width;
        if (!Number.isFinite(top) || px < 0 || px > width || top < 0 || top > over.clientHeight) return null;
        const at = { left: `${over.offsetLeft + px}px`, top: `${over.offsetTop + top}px`, background: line.color };
        return <div key={line.key} class="plot-dot" style={at} />;
      })}
      {mine && (
        <div class="plot-tooltip" style={side} aria-hidden="true">
          <p class="figure">{placeText(mode, cursor.x, group.origin.value)}</p>
          <Rows
            readings={nearestRows(readings, canvas, cursor.top)}
            smooths={smoothing > 0}
            {...(about ? { about: (line: PlotLine) => about(line, cursor.x) } : {})}
          />
          {readings.length > ROWS_MAX && <p class="muted">and {readings.length - ROWS_MAX} more lines</p>}
          <Happenings clusters={hovered} />
        </div>
      )}
    </>
  );
}

/** Beside the cursor; on a phone there is no room, and a finger is in the way: above the plot then, or below it where that is not on the screen. */
function sideOf({ chart: { over, root } }: PlotCanvas, left: number): Record<string, string> {
  const width = over.clientWidth;
  if (width >= NARROW_PX)
    return left > width / 2 ? { right: `${width - left + BOX_GAP + 20}px` } : { left: `${over.offsetLeft + left + BOX_GAP}px` };
  const across = { left: "0", right: "0", width: "auto" };
  return root.getBoundingClientRect().top > BOX_HEIGHT
    ? { ...across, top: "auto", bottom: "calc(100% - 4px)" }
    : { ...across, top: "calc(100% - 4px)" };
}

type RowsProps = { readings: readonly Reading[]; smooths: boolean; about?: (line: PlotLine) => string | null };

function Rows({ readings, smooths, about }: RowsProps) {
  return (
    <table>
      {smooths && (
        <thead>
          <tr class="muted">
            <th />
            <th>smoothed</th>
            <th>raw</th>
            {about && <th />}
          </tr>
        </thead>
      )}
      <tbody>
        {readings.map(({ line, raw, smooth, low, high }) => (
          <tr key={line.key}>
            <td>
              <Swatch {...line} /> {line.name}
            </td>
            {smooths && <td class="figure strong">{smooth === null ? "" : figure(smooth)}</td>}
            <td class={smooths ? "figure muted" : "figure strong"}>
              {low < high ? <span class="muted envelope">{`${figure(low)}–${figure(high)} `}</span> : null}
              {figure(raw)}
            </td>
            {about && <td class="figure muted">{about(line)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Happenings({ clusters }: { clusters: readonly MarkerCluster[] }) {
  const markers = clusters.flatMap((cluster) => cluster.markers);
  if (markers.length === 0) return null;
  return (
    <ul class="happenings">
      {markers.slice(0, MARKERS_MAX).map(({ text }, index) => (
        <li key={`${index} ${text}`}>{text}</li>
      ))}
      {markers.length > MARKERS_MAX && <li class="muted">and {markers.length - MARKERS_MAX} more</li>}
    </ul>
  );
}

/** The lines nearest to the pointer, the highest first. */
function nearestRows(readings: readonly Reading[], canvas: PlotCanvas, top: number | null): Reading[] {
  const yOf = ({ raw, smooth }: Reading) => canvas.yOf(smooth ?? raw);
  const distance = (reading: Reading) => {
    const y = yOf(reading);
    return top === null ? 0 : Number.isFinite(y) ? Math.abs(y - top) : Number.POSITIVE_INFINITY;
  };
  const near = readings.length > ROWS_MAX ? readings.toSorted((a, b) => distance(a) - distance(b)).slice(0, ROWS_MAX) : readings;
  const height = (reading: Reading) => {
    const y = yOf(reading);
    return Number.isFinite(y) ? y : Number.MAX_VALUE;
  };
  return near.toSorted((a, b) => height(a) - height(b));
}
