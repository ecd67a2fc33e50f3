import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { follow, runPath } from "../router.ts";
import { Picture } from "../samples/picture.tsx";
import type { Sample } from "../samples/sample.ts";
import { count } from "../time/format.ts";
import { promptRows } from "./prompt-rows.ts";
import type { RunSource } from "./run-source.ts";

/** Prompts laid out at once. */
const PROMPTS_SHOWN = 8;

/** The newest picture of each prompt, the runs side by side. Pictures are fetched when they come near the screen. */
export function SamplesTable({ sources }: { sources: readonly RunSource[] }) {
  const whole = useSignal(false);
  const there = sources.filter((source) => source.state.value.kind === "there");
  const lists = there.map((source) => source.samples.value ?? []);
  const rows = useMemo(() => promptRows(lists), lists);
  if (rows.length === 0) return null;
  const shown = whole.value ? rows : rows.slice(0, PROMPTS_SHOWN);
  return (
    <section class="panel" aria-label="Samples">
      <header>
        <h2>Samples</h2>
        <span class="muted">the newest of each prompt</span>
      </header>
      {shown.map(({ prompt, samples }) => (
        <div key={prompt} class="same-prompt">
          <p class="prompt" title={prompt}>
            {prompt}
          </p>
          <ul class="beside-each-other">
            {samples.map((sample, index) => (
              <li key={there[index]?.run}>
                <SampleOf sample={sample} source={there[index]} />
              </li>
            ))}
          </ul>
        </div>
      ))}
      {shown.length < rows.length && (
        <button
          type="button"
          class="more"
          onClick={() => {
            whole.value = true;
          }}
        >
          {`Show all ${rows.length} prompts`}
        </button>
      )}
    </section>
  );
}

function SampleOf({ sample, source }: { sample: Sample | null; source: RunSource | undefined }) {
  if (source === undefined) return null;
  const path = sample === null ? null : (sample.thumbnail_path ?? (sample.media_type?.startsWith("image/") === false ? null : sample.path));
  const words = sample === null ? "none" : `step ${count(sample.step ?? null)}`;
  return (
    <a href={runPath(source.run)} onClick={follow} class="same-sample" title={source.name}>
      <span class="frame">
        {sample === null ? (
          <span class="no-picture muted">No sample</span>
        ) : path ? (
          <Picture
            path={path}
            alt={`${sample.prompt ?? "Sample"}, ${source.name}`}
            width={sample.width ?? 64}
            height={sample.height ?? 64}
          />
        ) : (
          <span class="no-picture">▶</span>
        )}
      </span>
      <span class="same-name">{source.name}</span>
      <span class="muted figure">{words}</span>
    </a>
  );
}
