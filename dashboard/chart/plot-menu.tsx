import { useRef } from "preact/hooks";
import { curvesCsv } from "./curves-csv.ts";
import { download } from "./download.ts";
import { savePicture } from "./picture-file.ts";
import type { PlotGroup } from "./plot-group.ts";
import type { PlotLine } from "./plot-line.ts";

type PlotMenuProps = { title: string; lines: readonly PlotLine[]; group: PlotGroup; fileName: string };

/** What is on the screen of one plot, as a file. */
export function PlotMenu({ title, lines, group, fileName }: PlotMenuProps) {
  const place = useRef<HTMLDivElement>(null);
  const name = `${fileName} ${title}`;
  return (
    <div class="plot-menu" ref={place}>
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
        onClick={() => void savePicture(`${name}.png`, fileName, pictureOf(group, title))}
      >
        PNG
      </button>
    </div>
  );
}

function pictureOf(group: PlotGroup, title: string) {
  return group.members.filter((member) => member.title === title);
}
