import { curvesCsv } from "../chart/curves-csv.ts";
import { savePicture } from "../chart/picture-file.ts";
import type { PlotGroup } from "../chart/plot-group.ts";
import { extentOf, type PlotLine, type XMode } from "../chart/plot-line.ts";
import { download } from "../download.ts";

const SMOOTHING_MAX = 0.99;
const X_NAMES: Record<XMode, string> = { step: "Step", epoch: "Epoch", time: "Clock", elapsed: "Elapsed" };

/** What holds for all charts of the page. */
export function ChartToolbar({ group, fileName, lines }: { group: PlotGroup; fileName: string; lines: readonly PlotLine[] }) {
  const { smoothing, logarithmic, markers } = group.settings.value;
  const x = group.x();
  const offered: Record<XMode, boolean> = {
    step: true,
    epoch: group.origin.value.stepsPerEpoch !== null,
    time: group.origin.value.start > 0,
    elapsed: group.origin.value.start > 0,
  };
  const shown = () => group.members.flatMap((member) => member.lines());
  return (
    <div class="chart-toolbar" role="toolbar" aria-label="All charts">
      <label class="smoothing">
        <span>Smoothing</span>
        <input
          type="range"
          min={0}
          max={SMOOTHING_MAX}
          step={0.01}
          value={smoothing}
          onInput={(event) => group.set({ smoothing: Number(event.currentTarget.value) })}
        />
        <output class="figure">{smoothing.toFixed(2)}</output>
      </label>
      <label class="x-axis">
        <span>X axis</span>
        <select value={x} onChange={(event) => group.set({ x: modeOf(event.currentTarget.value) })}>
          {modes().map((mode) => (
            <option key={mode} value={mode} disabled={!offered[mode]}>
              {X_NAMES[mode]}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="small" aria-pressed={logarithmic} onClick={() => group.set({ logarithmic: !logarithmic })}>
        Log scale
      </button>
      <button type="button" class="small" aria-pressed={markers} onClick={() => group.set({ markers: !markers })}>
        Markers
      </button>
      <button type="button" class="small" disabled={group.range.value === null} onClick={() => group.reset()}>
        Reset zoom
      </button>
      <span class="spacer" />
      <span class="buttons">
        <button
          type="button"
          class="small"
          aria-label="All charts: save as CSV"
          disabled={extentOf(lines, x) === null}
          onClick={() => download(`${fileName} charts.csv`, new Blob([curvesCsv(shown(), group)], { type: "text/csv;charset=utf-8" }))}
        >
          CSV
        </button>
        <button
          type="button"
          class="small"
          aria-label="All charts: save as PNG"
          disabled={extentOf(lines, x) === null}
          onClick={() => void savePicture(`${fileName} charts.png`, fileName, group.members)}
        >
          PNG
        </button>
      </span>
    </div>
  );
}

function modes(): XMode[] {
  return ["step", "epoch", "time", "elapsed"];
}

function modeOf(value: string): XMode {
  return modes().find((mode) => mode === value) ?? "step";
}
