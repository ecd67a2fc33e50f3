import { toWire } from "../../protocol/index.ts";
import type { XRange } from "../chart/plot-line.ts";
import { csvCell } from "../csv-cell.ts";
import { entryAt, type Trace } from "../curves/trace.ts";
import type { Axis } from "./address.ts";
import { placesOn } from "./align.ts";

/** One line of one plot. `smoothed`: a value for each of its entries. */
export type CsvTrace = { run: string; name: string; series: string; trace: Trace; smoothed: readonly number[] };

/** Places in the axis' own unit, where that is not steps: those are of the run. */
const COLUMNS: Record<Axis, string> = { step: "step", epoch: "epoch", time: "elapsed_ms", clock: "unix_ms" };

/** @returns what the plots show as one table, a line a point: of a long run a bucket of points with its lowest and highest. NaN by name. */
export function tracesCsv(traces: readonly CsvTrace[], axis: Axis, range: XRange | null): string {
  const column = COLUMNS[axis];
  const isTime = axis === "time" || axis === "clock";
  const lines = [["run", "name", "series", "segment", column, ...(isTime ? ["step"] : []), "value", "min", "max", "smoothed"].join(",")];
  for (const { run, name, series, trace, smoothed } of traces) {
    for (const [index, x] of placesOn(trace, axis).entries()) {
      if (range !== null && (x < range.from || x > range.to)) continue;
      const { step, last, min, max } = entryAt(trace, index);
      const figures = [trace.segment, x, ...(isTime ? [step] : []), last, min, max, smoothed[index] ?? last];
      lines.push([csvCell(run), csvCell(name), csvCell(series), ...figures.map((value) => String(toWire(value)))].join(","));
    }
  }
  return `${lines.join("\r\n")}\r\n`;
}
