import { useEffect, useRef } from "preact/hooks";
import type { Sample } from "../model/samples.ts";
import { count } from "../time/format.ts";
import { Picture } from "./picture.tsx";

/** Pictures this wide are shown with their pixels sharp. */
const FEW_PIXELS = 128;

/** One sample, large. Arrow keys go through the samples of its prompt: left is older. */
export function SampleDialog({
  samples,
  opened,
  onOpen,
}: {
  samples: readonly Sample[];
  opened: string;
  onOpen: (id: string | null) => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const index = samples.findIndex((sample) => sample.sample_id === opened);
  const sample = samples[index];
  if (!sample?.path) return null;
  const go = (to: number) => {
    const next = samples[to]?.sample_id;
    if (next) onOpen(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") go(index + 1);
    else if (event.key === "ArrowRight") go(index - 1);
  };
  const video = sample.media_type?.startsWith("video/") === true;
  return (
    <dialog ref={dialog} class="sample-dialog" aria-label="Sample" onClose={() => onOpen(null)} onKeyDown={onKeyDown}>
      <div class={(sample.width ?? 512) <= FEW_PIXELS ? "stage few-pixels" : "stage"}>
        {video ? (
          <video src={sample.path} controls loop muted playsInline />
        ) : (
          <Picture
            key={sample.sample_id}
            path={sample.path}
            alt={sample.prompt ?? "Sample"}
            width={sample.width ?? 512}
            height={sample.height ?? 512}
            eager
          />
        )}
      </div>
      <footer>
        <p>
          <span class="figure">Step {count(sample.step ?? null)}</span>
          <span class="muted"> · {sample.prompt ?? "no prompt told"}</span>
        </p>
        <div class="buttons">
          <button type="button" class="quiet" disabled={index >= samples.length - 1} onClick={() => go(index + 1)}>
            Older
          </button>
          <button type="button" class="quiet" disabled={index <= 0} onClick={() => go(index - 1)}>
            Newer
          </button>
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </footer>
    </dialog>
  );
}
