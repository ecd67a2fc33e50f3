import { useState } from "preact/hooks";
import { isOver } from "../model/progress.ts";
import type { RunView } from "../model/run-view.ts";
import { byPrompt, type PromptSamples, type Sample } from "../model/samples.ts";
import { count } from "../time/format.ts";
import { Picture } from "./picture.tsx";
import { SampleDialog } from "./sample-dialog.tsx";

/** Older pictures of a prompt beside its newest; the dialog goes through all of them. */
const OLDER_SHOWN = 12;

export function Samples({ view }: { view: RunView }) {
  const [opened, setOpened] = useState<string | null>(null);
  const prompts = byPrompt(view.samples);
  const shown = prompts.find((row) => row.samples.some((sample) => sample.sample_id === opened));
  return (
    <section class="panel area-samples" aria-label="Samples">
      <header>
        <h2>Samples</h2>
        <span class="muted figure">{view.samples.length > 0 ? count(view.samples.length) : ""}</span>
      </header>
      {prompts.length === 0 ? (
        <p class="muted">{isOver(view) ? "This run made no sample." : "No sample yet. The trainer's next one appears here."}</p>
      ) : (
        prompts.map((row) => <PromptRow key={row.key} row={row} onOpen={setOpened} />)
      )}
      {shown && opened !== null && <SampleDialog samples={shown.samples} opened={opened} onOpen={setOpened} />}
    </section>
  );
}

function PromptRow({ row, onOpen }: { row: PromptSamples; onOpen: (id: string) => void }) {
  const [newest, ...older] = row.samples;
  if (!newest) return null;
  return (
    <div class="prompt-row">
      <Thumbnail sample={newest} onOpen={onOpen} newest />
      <div class="prompt-side">
        <p class="prompt" title={row.prompt ?? undefined}>
          {row.prompt ?? (row.custom ? "Custom sample" : "No prompt told")}
        </p>
        <ul class="strip">
          {older.slice(0, OLDER_SHOWN).map((sample) => (
            <li key={sample.sample_id}>
              <Thumbnail sample={sample} onOpen={onOpen} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function Thumbnail({ sample, onOpen, newest = false }: { sample: Sample; onOpen: (id: string) => void; newest?: boolean }) {
  const path = sample.thumbnail_path ?? (sample.media_type?.startsWith("image/") === false ? null : sample.path);
  const step = `step ${count(sample.step ?? null)}`;
  return (
    <button
      type="button"
      class={newest ? "thumbnail newest" : "thumbnail"}
      aria-label={`${sample.prompt ?? "Sample"}, ${step}: show large`}
      onClick={() => sample.sample_id && onOpen(sample.sample_id)}
    >
      <span class="frame">
        {path ? <Picture path={path} alt="" width={sample.width ?? 64} height={sample.height ?? 64} /> : <span class="no-picture">▶</span>}
      </span>
      <span class="step-mark figure">{count(sample.step ?? null)}</span>
    </button>
  );
}
