import { csvCell } from "../csv-cell.ts";
import { entryAt } from "../curves/trace.ts";
import type { PlotGroup } from "./plot-group.ts";
import { type PlotLine, placesOf } from "./plot-line.ts";

const HEAD = "series,segment,step,time,value,min,max,nan";

/** @returns what is seen of the lines: a row an entry, as it was told. An entry of several points has their lowest and highest. */
export function curvesCsv(lines: readonly PlotLine[], group: Pick<PlotGroup, "x" | "view">): string {
  const { from, to } = group.view();
  const mode = group.x();
  const rows = lines.flatMap((line) =>
    line.traces().flatMap((trace) =>
      [...placesOf(trace, mode)].flatMap((place, index) => {
        if (!(place >= from && place <= to)) return [];
        const { step, time, last, min, max, nan } = entryAt(trace, index);
        const moment = Number.isFinite(time) ? new Date(time).toISOString() : "";
        return [
          [csvCell(line.key), trace.segment, step, moment, last, Number.isNaN(min) ? "" : min, Number.isNaN(max) ? "" : max, nan].join(","),
        ];
      }),
    ),
  );
  return `${[HEAD, ...rows].join("\r\n")}\r\n`;
}
