import { pathOfRuns } from "../compare/address.ts";
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
          <dl class="config">
            {config.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{text(value) ?? "null"}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
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
