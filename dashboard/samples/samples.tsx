import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { isOver } from "../model/progress.ts";
import type { RunView } from "../model/run-view.ts";
import { count } from "../time/format.ts";
import { Cells } from "./cells.tsx";
import { filmOf } from "./film.ts";
import { FilmGrid } from "./film-grid.tsx";
import type { SampleStore } from "./sample-store.ts";
import { Scrubber } from "./scrubber.tsx";
import { Viewer } from "./viewer.tsx";

type Props = {
  run: string;
  view: RunView;
  store: SampleStore;
  /** Asks for a sample, with a prompt to begin with; null where this viewer may not, or nobody is there to take it. */
  onAsk: ((prompt: string) => void) | null;
};

/** The run's samples: every prompt at one moment, which a scrubber moves; all of them as a grid; one as large as the screen. */
export function Samples({ run, view, store, onAsk }: Props) {
  const samples = store.samples.value;
  const older = store.older.value;
  const film = useMemo(() => filmOf(samples), [samples]);
  const [opened, setOpened] = useState<string | null>(null);
  const [grid, setGrid] = useState(false);
  /** The moment that is shown, by its end; null follows the newest. */
  const [until, setUntil] = useState<number | null>(null);
  const last = film.moments.length - 1;
  const held = until === null ? last : film.moments.findLastIndex((moment) => moment.until <= until);
  const at = held < 0 ? last : held;
  const moment = film.moments[at];
  const fresh = useFresh(samples[0]?.sample_id ?? null, older.kind !== "reading");
  const over = isOver(view);

  const show = (index: number) => setUntil(index >= last ? null : (film.moments[index]?.until ?? null));
  return (
    <section class="panel area-samples" aria-label="Samples" id="samples">
      <header>
        <h2>Samples</h2>
        <span class="muted figure">{samples.length > 0 ? count(samples.length) : ""}</span>
        <span class="buttons">
          {samples.length > 0 && (
            <button type="button" class="quiet small" onClick={() => setGrid(true)}>
              Grid
            </button>
          )}
          {onAsk && (
            <button type="button" class="quiet small" onClick={() => onAsk("")}>
              Sample now …
            </button>
          )}
        </span>
      </header>
      {moment ? (
        <>
          <Scrubber moments={film.moments} at={at} onMove={show} older={older} onOlder={() => void store.readOlder()} />
          <Cells film={film} moment={moment} before={film.moments[at - 1]} fresh={at === last ? fresh : null} onOpen={setOpened} />
        </>
      ) : (
        <p class="muted">{emptyWords(over, older.kind)}</p>
      )}
      <Sampling view={view} />
      {grid && <FilmGrid film={film} store={store} onOpen={setOpened} onClose={() => setGrid(false)} />}
      {opened !== null && <Viewer run={run} film={film} opened={opened} onOpen={setOpened} onAsk={onAsk} />}
    </section>
  );
}

function emptyWords(over: boolean, older: string): string {
  if (older === "reading") return "Reading samples …";
  if (older === "failed") return "The samples could not be read.";
  return over ? "This run made no sample." : "No sample yet. The trainer's next one appears here.";
}

/** While the trainer samples, how far it is. The line is always there: what comes and goes must not push pictures about. */
function Sampling({ view }: { view: RunView }) {
  const { sampling } = view;
  const { step, max_step } = sampling?.event ?? {};
  const words = sampling && typeof step === "number" ? `Sampling: step ${count(step)}${max_step ? ` of ${count(max_step)}` : ""}` : "";
  return (
    <p class="sampling muted figure" aria-live="off">
      {words}
      {words !== "" && max_step ? <progress max={max_step} value={step ?? 0} aria-label="Sampling" /> : null}
    </p>
  );
}

/** @returns the sample that came while somebody was looking, null until one does */
function useFresh(newest: string | null, settled: boolean): string | null {
  const first = useRef<string | null>(null);
  const [fresh, setFresh] = useState<string | null>(null);
  useEffect(() => {
    if (!settled || newest === null) return;
    if (first.current === null) first.current = newest;
    else if (first.current !== newest) setFresh(newest);
  }, [newest, settled]);
  return fresh;
}
