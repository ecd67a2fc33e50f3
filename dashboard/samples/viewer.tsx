import { useEffect, useRef, useState } from "preact/hooks";
import { downloadFrom } from "../download.ts";
import { count, dateClock } from "../time/format.ts";
import { Comparison } from "./comparison.tsx";
import type { Film } from "./film.ts";
import { MediaView } from "./media.tsx";
import { fileName, mediaOf, type Sample } from "./sample.ts";
import { Stage, transformOf } from "./stage.tsx";
import { WHOLE, type Zoom, zoomed } from "./zoom.ts";

type Props = {
  run: string;
  film: Film;
  opened: string;
  onOpen: (id: string | null) => void;
  onAsk: ((prompt: string) => void) | null;
};

const KEY_ZOOM = 1.5;

/** One sample, as large as the screen. Left and right go through time, up and down through prompts; A keeps one to compare with. */
export function Viewer({ run, film, opened, onOpen, onAsk }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [zoom, setZoom] = useState<Zoom>(WHOLE);
  /** What is compared with. */
  const [kept, setKept] = useState<Sample | null>(null);
  const keys = useRef<(event: KeyboardEvent) => void>(() => undefined);
  useEffect(() => {
    dialog.current?.showModal();
    const listen = (event: KeyboardEvent) => keys.current(event);
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);

  const rowIndex = film.rows.findIndex(({ samples }) => samples.some(({ sample_id }) => sample_id === opened));
  const row = film.rows[rowIndex];
  const index = row?.samples.findIndex(({ sample_id }) => sample_id === opened) ?? -1;
  const sample = row?.samples[index];
  useEffect(() => preload([row?.samples[index - 1], row?.samples[index + 1]]), [row, index]);
  if (!row || !sample) return null;

  const open = (next: Sample | undefined) => next?.sample_id && onOpen(next.sample_id);
  const inTime = (step: -1 | 1) => open(row.samples[index + step]);
  const byPrompt = (step: -1 | 1) => {
    const other = film.rows[rowIndex + step];
    const at = sample.offset ?? 0;
    open(other?.samples.findLast(({ offset = 0 }) => offset <= at) ?? other?.samples[0]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof Element && event.target.closest("[role=slider], video, audio")) return;
    const actions: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => inTime(-1),
      ArrowRight: () => inTime(1),
      ArrowUp: () => byPrompt(-1),
      ArrowDown: () => byPrompt(1),
      "+": () => setZoom(enlarge(zoom, KEY_ZOOM)),
      "=": () => setZoom(enlarge(zoom, KEY_ZOOM)),
      "-": () => setZoom(enlarge(zoom, 1 / KEY_ZOOM)),
      "0": () => setZoom(WHOLE),
      a: () => setKept(kept ? null : sample),
    };
    const action = actions[event.key];
    if (!action || event.metaKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    action();
  };
  // Of the whole page while it is open: a button that becomes disabled under the finger would take the keys with it.
  keys.current = onKeyDown;
  const compares = kept !== null && kept.sample_id !== sample.sample_id && [kept, sample].every((each) => mediaOf(each) === "picture");
  return (
    <dialog ref={dialog} class="viewer" aria-label="Sample" onClose={() => onOpen(null)}>
      {compares && kept ? (
        <Comparison a={kept} b={sample} zoom={zoom} onZoom={setZoom} />
      ) : (
        <Stage zoom={zoom} onZoom={setZoom} onFlick={(side) => inTime(side === "left" ? 1 : -1)}>
          <div class="zoomed" style={transformOf(zoom)}>
            <MediaView key={sample.sample_id} sample={sample} />
          </div>
        </Stage>
      )}
      <footer>
        <Facts sample={sample} kept={kept} compares={compares} />
        <div class="buttons">
          <button type="button" class="quiet" disabled={index <= 0} onClick={() => inTime(-1)}>
            Older
          </button>
          <button type="button" class="quiet" disabled={index >= row.samples.length - 1} onClick={() => inTime(1)}>
            Newer
          </button>
          <button type="button" class="quiet" aria-pressed={kept !== null} onClick={() => setKept(kept ? null : sample)}>
            {kept ? "End comparing" : "Compare"}
          </button>
          <button type="button" class="quiet" onClick={() => sample.path && void downloadFrom(sample.path, fileName(run, sample))}>
            Download
          </button>
          {onAsk && sample.prompt && (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                dialog.current?.close();
                onAsk(sample.prompt ?? "");
              }}
            >
              Again …
            </button>
          )}
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </footer>
    </dialog>
  );
}

/** Around the middle. */
function enlarge(zoom: Zoom, factor: number): Zoom {
  return zoomed(zoom, factor, { x: 0, y: 0 }, { width: innerWidth, height: innerHeight });
}

function Facts({ sample, kept, compares }: { sample: Sample; kept: Sample | null; compares: boolean }) {
  const size = sample.width && sample.height ? ` · ${sample.width} × ${sample.height}` : "";
  const epoch = typeof sample.epoch === "number" ? ` · epoch ${count(sample.epoch + 1)}` : "";
  const when = sample.timestamp ? ` · ${dateClock(sample.timestamp)}` : "";
  const hint = kept && !compares ? " Choose another to compare with." : "";
  return (
    <div class="facts-of-sample">
      <p class="figure">
        {compares ? `A: step ${count(kept?.step ?? null)} · B: step ${count(sample.step ?? null)}` : `Step ${count(sample.step ?? null)}`}
        <span class="muted">
          {epoch}
          {size}
          {when}
          {hint}
        </span>
      </p>
      <p class="viewer-prompt">{sample.prompt ?? <span class="muted">No prompt told</span>}</p>
    </div>
  );
}

/** The next ones are there when somebody goes on. */
function preload(samples: readonly (Sample | undefined)[]): void {
  for (const sample of samples) if (sample?.path && mediaOf(sample) === "picture") new Image().src = sample.path;
}
