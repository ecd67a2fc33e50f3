import { readTheme, theme } from "../chart/theme.ts";
import { follow, runPath } from "../router.ts";
import { now } from "../time/clock.ts";
import { ago, duration } from "../time/format.ts";
import type { Comparison } from "./address.ts";
import { type Look, lookOf } from "./look.ts";
import type { RunSource } from "./run-source.ts";

type ChipsProps = { sources: readonly RunSource[]; comparison: Comparison; onChange: (to: Partial<Comparison>) => void };

/** The runs that are compared, in the colour and dashes that they are drawn with. */
export function Chips({ sources, comparison, onChange }: ChipsProps) {
  const colors = theme.value ?? readTheme();
  return (
    <ul class="chips" aria-label="Runs compared">
      {sources.map((source, place) => (
        <Chip
          key={source.run}
          source={source}
          look={lookOf(place, colors)}
          onRemove={() => onChange({ runs: comparison.runs.filter((run) => run !== source.run) })}
        />
      ))}
    </ul>
  );
}

function Chip({ source, look, onRemove }: { source: RunSource; look: Look; onRemove: () => void }) {
  const state = source.state.value;
  source.view.value; // The name comes with it.
  const { name, run } = source;
  return (
    <li class={state.kind === "absent" ? "chip is-absent" : "chip"}>
      <LookMark look={look} />
      <span class="chip-text">
        <a href={runPath(run)} onClick={follow} title={name === run ? run : `${name} (${run})`}>
          {name}
        </a>
        <ChipNote source={source} />
      </span>
      <button type="button" class="chip-remove" aria-label={`Remove ${name}`} title="Remove" onClick={onRemove}>
        ×
      </button>
    </li>
  );
}

/** Whether what is seen of a run is of now, and why not. */
function ChipNote({ source }: { source: RunSource }) {
  const state = source.state.value;
  const link = source.link.value;
  const { agent } = source.view.value;
  if (state.kind === "absent") {
    return (
      <span class="chip-note bad" role="status">
        {state.why}
      </span>
    );
  }
  if (source.curves.history.value === "failed") return <span class="chip-note warn">its earlier curves could not be read</span>;
  if (state.kind === "reading") return <span class="chip-note muted">reading …</span>;
  if (link === null) return null;
  if (link.kind === "offline" || link.kind === "recovering") {
    return (
      <span class="chip-note warn" role="status">
        {`no connection for ${duration((now.value - link.since) / 1000)}`}
      </span>
    );
  }
  if (agent !== null && !agent.connected && agent.last_heard) {
    return <span class="chip-note warn">{`agent heard ${ago(Date.parse(agent.last_heard), now.value)}`}</span>;
  }
  return <span class="chip-note good">{link.kind === "live" ? "live" : "connecting …"}</span>;
}

/** A run's line, as its charts have it. */
export function LookMark({ look }: { look: Look }) {
  return (
    <svg class="look" width="28" height="10" viewBox="0 0 28 10" aria-hidden="true">
      <path d="M1 5h26" stroke={look.color} stroke-width="2.500" stroke-dasharray={look.dash.join(" ")} fill="none" />
    </svg>
  );
}
