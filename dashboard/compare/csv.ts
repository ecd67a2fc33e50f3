import { toWire } from "../../protocol/index.ts";
import type { Axis } from "./address.ts";
import type { DrawnSeries } from "./drawn-series.ts";
import type { XRange } from "./fine-curves.ts";
import { csvCell } from "./table-text.ts";

export type CsvChart = { title: string; series: readonly DrawnSeries[] };

/** Times in seconds: since the start of the run, or since 1970. */
const COLUMNS: Record<Axis, string | null> = { step: null, epoch: "epoch", time: "seconds", clock: "unix_seconds" };

/** @returns what the charts show as one table, a line a point: of a long run a bucket of points with its lowest and highest. NaN by name. */
export function chartsCsv(charts: readonly CsvChart[], axis: Axis, range: XRange | null): string {
  const x = COLUMNS[axis];
  const lines = [["run", "name", "series", "step", ...(x === null ? [] : [x]), "value", "min", "max", "smoothed"].join(",")];
  for (const { title, series } of charts) {
    for (const { run, placed, values } of series) {
      for (const [index, at] of placed.x.entries()) {
        if (range !== null && (at < range.from || at > range.to)) continue;
        const figures = [placed.steps, ...(x === null ? [] : [placed.x]), placed.last, placed.min, placed.max, values];
        const cells = figures.map((column) => String(toWire(column[index] ?? Number.NaN)));
        lines.push([csvCell(run.run), csvCell(run.name), csvCell(title), ...cells].join(","));
      }
    }
  }
  return `${lines.join("\r\n")}\r\n`;
}
