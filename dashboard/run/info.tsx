import { useState } from "preact/hooks";
import { copied } from "../clipboard.ts";
import { pathOfRuns } from "../compare/address.ts";
import { downloadFrom } from "../download.ts";
import { hostText } from "../model/host-text.ts";
import type { RunView } from "../model/run-view.ts";
import { follow } from "../router.ts";
import { now } from "../time/clock.ts";
import { clock } from "../time/format.ts";

export function RunInfo({ run, view }: { run: string; view: RunView }) {
  const { info } = view;
  const started = info?.started_at ? Date.parse(info.started_at) : Number.NaN;
  const rows: [string, string | null][] = [
    ["Run", run],
    ["Trainer", info?.trainer ? `${info.trainer}${info.version ? ` ${info.version}` : ""}` : null],
    ["Host", hostText(info?.host)],
    ["Started", Number.isNaN(started) ? null : clock(started, now.value)],
    ["Resumed from", text(info?.resumed_from)],
    ["Your role", view.role],
  ];
  const config = Object.entries(info?.config ?? {});
  return (
    <section class="panel area-info" aria-label="Run information">
      <header>
        <h2>Run</h2>
        <a class="compare-link" href={pathOfRuns([run])} onClick={follow}>
          Compare …
        </a>
      </header>
      <dl class="facts">
        {rows.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      {config.length > 0 && (
        <details>
          <summary>Configuration, {config.length} entries</summary>
          <Config entries={config} />
        </details>
      )}
      <RawData run={run} />
    </section>
  );
}

function Config({ entries }: { entries: readonly (readonly [string, unknown])[] }) {
  const [wanted, setWanted] = useState("");
  const [isCopied, setIsCopied] = useState(false);
  const rows = entries.map(([name, value]) => [name, text(value) ?? "null"] as const);
  const shown = rows.filter((row) => row.join(" ").toLowerCase().includes(wanted.toLowerCase()));
  const copy = async () => setIsCopied(await copied(JSON.stringify(Object.fromEntries(entries), null, 2)));
  return (
    <>
      <div class="config-tools">
        <input
          type="search"
          placeholder="Search"
          aria-label="Search the configuration"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
        <button type="button" class="quiet small" onClick={() => void copy()}>
          {isCopied ? "Copied" : "Copy"}
        </button>
      </div>
      <dl class="config" tabIndex={0}>
        {shown.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** What a program would rather have: the curves as a table, and every event. */
function RawData({ run }: { run: string }) {
  const base = `/api/runs/${encodeURIComponent(run)}`;
  return (
    <p class="raw-data">
      <button type="button" class="quiet small" onClick={() => void downloadFrom(`${base}/metrics?format=csv`, `${run}-metrics.csv`)}>
        Curves as CSV
      </button>
      <button type="button" class="quiet small" onClick={() => void downloadFrom(`${base}/events?limit=5000`, `${run}-events.json`)}>
        First 5,000 events
      </button>
    </p>
  );
}

/** Whatever a trainer sent, as text: never as markup. */
function text(value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  return typeof value === "object" ? describe(value) : String(value);
}

function describe(value: object): string {
  const entries = Object.entries(value);
  const flat = entries.every(([, each]) => typeof each !== "object" || each === null);
  if (Array.isArray(value) || !flat) return JSON.stringify(value);
  return entries
    .filter(([, each]) => each !== null && each !== "")
    .map(([name, each]) => `${name} ${String(each)}`)
    .join(" · ");
}
