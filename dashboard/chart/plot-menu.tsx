import { download } from "../download.ts";
import { curvesCsv } from "./curves-csv.ts";
import { savePicture } from "./picture-file.ts";
import type { PlotGroup } from "./plot-group.ts";
import type { PlotLine } from "./plot-line.ts";

type PlotMenuProps = { title: string; identity: object; lines: readonly PlotLine[]; group: PlotGroup; fileName: string };

/** What is on the screen of one plot, as a file. */
export function PlotMenu({ title, identity, lines, group, fileName }: PlotMenuProps) {
  const name = `${fileName} ${title}`;
  return (
    <div class="plot-menu">
      <button
        type="button"
        class="quiet small"
        aria-label={`${title}: save as CSV`}
        onClick={() => download(`${name}.csv`, new Blob([curvesCsv(lines, group)], { type: "text/csv;charset=utf-8" }))}
      >
        CSV
      </button>
      <button
        type="button"
        class="quiet small"
        aria-label={`${title}: save as PNG`}
        onClick={() =>
          void savePicture(
            `${name}.png`,
            fileName,
            group.members.filter((member) => member.identity === identity),
          )
        }
      >
        PNG
      </button>
    </div>
  );
}
