import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { count } from "../time/format.ts";
import { type Film, sampleIn } from "./film.ts";
import type { SampleStore } from "./sample-store.ts";
import { Thumbnail } from "./thumbnail.tsx";

type Props = { film: Film; store: SampleStore; onOpen: (id: string) => void; onClose: () => void };

/** As styles/samples.css has them, in pixels: cells are all of one size, so that those out of sight need not be there. */
const CELL_PX = 104;
const ROW_PX = 108;
const MARGIN = 3;

/** Prompts by steps. The newest is at the right, where it opens; only what is in sight is in the document. */
export function FilmGrid({ film, store, onOpen, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const box = useRef<HTMLElement>(null);
  const [window, setWindow] = useState({ left: 0, top: 0, width: 1200, height: 800 });
  const { rows, moments } = film;
  const columns = moments.length;

  // Before anything is measured: what is not shown has no size.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  // Older columns come in front: what was looked at stays where it was.
  const known = useRef<number | null>(null);
  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    current.scrollLeft = known.current === null ? current.scrollWidth : current.scrollLeft + (columns - known.current) * CELL_PX;
    known.current = columns;
    look();
  }, [columns]);
  const look = () => {
    const { current } = box;
    if (!current) return;
    setWindow({ left: current.scrollLeft, top: current.scrollTop, width: current.clientWidth, height: current.clientHeight });
    if (current.scrollLeft < 2 * CELL_PX && store.older.value.kind === "more") void store.readOlder();
  };
  // An answer that brought nothing new moves nothing: whoever waits at the beginning would never be given the next one.
  useEffect(look, [store.older.value]);
  const firstColumn = Math.max(0, Math.floor(window.left / CELL_PX) - MARGIN);
  const lastColumn = Math.min(columns, Math.ceil((window.left + window.width) / CELL_PX) + MARGIN);
  const firstRow = Math.max(0, Math.floor(window.top / ROW_PX) - MARGIN);
  const lastRow = Math.min(rows.length, Math.ceil((window.top + window.height) / ROW_PX) + MARGIN);
  const shown = moments.slice(firstColumn, lastColumn);
  return (
    <dialog ref={dialog} class="film-dialog" aria-label="All samples" onClose={onClose}>
      <header>
        <h2>All samples</h2>
        <span class="muted figure">
          {count(rows.length)} {rows.length === 1 ? "prompt" : "prompts"} × {count(columns)} {columns === 1 ? "step" : "steps"}
        </span>
        <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable with the keyboard */}
      <section class="film" ref={box} onScroll={look} tabIndex={0} aria-label="Prompts by step">
        <div class="film-space" style={{ width: `${columns * CELL_PX}px`, height: `${rows.length * ROW_PX + 24}px` }}>
          <div class="film-steps figure">
            {shown.map((moment, index) => (
              <span key={moment.until} style={{ left: `${(firstColumn + index) * CELL_PX}px` }}>
                {count(moment.step)}
              </span>
            ))}
          </div>
          {rows.slice(firstRow, lastRow).map((row, rowIndex) => (
            <div key={row.key} class="film-row" style={{ top: `${(firstRow + rowIndex) * ROW_PX + 24}px` }}>
              <span class="film-prompt" title={row.prompt ?? undefined}>
                {row.prompt ?? (row.custom ? "Custom sample" : "No prompt told")}
              </span>
              {shown.map((moment, index) => {
                const sample = sampleIn(row, moment, moments[firstColumn + index - 1]);
                return sample?.sample_id ? (
                  <button
                    key={moment.until}
                    type="button"
                    style={{ left: `${(firstColumn + index) * CELL_PX}px` }}
                    aria-label={`${row.prompt ?? "Sample"}, step ${count(sample.step ?? null)}: show large`}
                    onClick={() => sample.sample_id && onOpen(sample.sample_id)}
                  >
                    <Thumbnail sample={sample} />
                  </button>
                ) : null;
              })}
            </div>
          ))}
        </div>
      </section>
    </dialog>
  );
}
