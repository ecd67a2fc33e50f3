import { type ReadonlySignal, useSignal } from "@preact/signals";
import { figure } from "../time/format.ts";
import type { PlotGroup } from "./plot-group.ts";
import type { PlotLine } from "./plot-line.ts";
import { readingsAt } from "./readings.ts";
import { Swatch } from "./swatch.tsx";

/** From so many lines on one searches. */
const SEARCH_FROM = 12;

type LegendProps = {
  title: string;
  lines: readonly PlotLine[];
  hidden: ReadonlySet<string>;
  onHidden: (hidden: ReadonlySet<string>) => void;
  group: PlotGroup;
  /** Rises when figures may be read anew. */
  figures: ReadonlySignal<number>;
};

/** What each line is called, and its figure at the cursor, else the newest. A click hides and shows; a double click shows one alone, and all again. */
export function Legend({ title, lines, hidden, onHidden, group, figures }: LegendProps) {
  const wanted = useSignal("");
  void [figures.value, group.settings.value];
  const cursor = group.cursor.value;
  const readings = new Map(readingsAt(lines, group, cursor?.x ?? null).map((reading) => [reading.line.key, reading]));
  const many = lines.length > SEARCH_FROM;
  const listed = many ? lines.filter(({ name }) => name.toLowerCase().includes(wanted.value.toLowerCase())) : lines;
  const toggle = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    onHidden(next);
  };
  const others = (key: string) => new Set(lines.filter((line) => line.key !== key).map((line) => line.key));
  const solo = (key: string) => onHidden(lines.every((line) => line.key === key || hidden.has(line.key)) ? new Set() : others(key));
  return (
    <div class={many ? "legend many" : "legend"}>
      {many && (
        <div class="legend-tools">
          <input
            type="search"
            placeholder={`Search ${lines.length} series`}
            aria-label={`${title}: search series`}
            value={wanted.value}
            onInput={(event) => {
              wanted.value = event.currentTarget.value;
            }}
          />
          <button
            type="button"
            class="small"
            onClick={() => onHidden(new Set([...hidden].filter((key) => !listed.some((line) => line.key === key))))}
          >
            Show {wanted.value === "" ? "all" : "these"}
          </button>
          <button type="button" class="small" onClick={() => onHidden(new Set([...hidden, ...listed.map(({ key }) => key)]))}>
            Hide {wanted.value === "" ? "all" : "these"}
          </button>
        </div>
      )}
      <ul>
        {listed.map((line) => {
          const reading = readings.get(line.key);
          return (
            <li key={line.key}>
              <button
                type="button"
                class="legend-line"
                aria-pressed={!hidden.has(line.key)}
                title={`${line.name}: click hides or shows it, a double click shows it alone`}
                onClick={(event) => {
                  if (event.detail > 1) solo(line.key);
                  else toggle(line.key);
                }}
              >
                <Swatch {...line} />
                <span class="legend-name">{line.name}</span>
                <span class="figure">{figure(reading?.smooth ?? reading?.raw)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
