import { useEffect, useState } from "preact/hooks";
import { Mark } from "../mark.tsx";
import { setAddress } from "../router.ts";
import { account, signOut } from "../session/session.ts";
import { roleIn } from "../session/token-text.ts";
import { now } from "../time/clock.ts";
import { ago, count } from "../time/format.ts";
import { EmptyList } from "./empty-list.tsx";
import { forgetRun, pollRuns, readOlderRuns, runList } from "./poll.ts";
import { RunRow } from "./run-row.tsx";
import { type Choice, choiceOf, searchOf, selected } from "./select.ts";
import { Toolbar } from "./toolbar.tsx";

/** As many as a comparison takes. */
const PICKED_MAX = 8;

export function RunsPage({ search }: { search: string }) {
  const { value } = account;
  const token = value.kind === "in" ? value.token : null;
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    document.title = "runcast";
    return token === null ? undefined : pollRuns(token);
  }, [token]);

  const { runs, at, problem, next } = runList.value;
  const choice = choiceOf(search);
  const shown = selected(runs ?? [], choice);
  const owns = token !== null && roleIn(token) === "owner";
  const choose = (to: Choice) => setAddress(`/${searchOf(to)}`, "replace");
  const pick = (run: string, on: boolean) => {
    const others = [...picked].filter((each) => each !== run);
    setPicked(new Set(on ? [...others, run].slice(-PICKED_MAX) : others));
  };
  return (
    <div class="page">
      <header class="bar">
        <Mark />
        <h1>Runs</h1>
        <span class="spacer" />
        <button type="button" class="quiet" onClick={() => signOut()}>
          Sign out
        </button>
      </header>
      <main>
        <p class="notice" role="status">
          {problem && `${problem} ${at === null ? "" : `This is the list as of ${ago(at, now.value)}.`}`}
        </p>
        {runs !== null && runs.length > 0 && <Toolbar runs={runs} choice={choice} onChoice={choose} />}
        {runs === null ? null : runs.length === 0 ? (
          <EmptyList owns={owns} />
        ) : shown.length === 0 ? (
          <p class="none-found">
            No run matches.{" "}
            <button type="button" class="quiet small" onClick={() => choose(choiceOf(""))}>
              Show all
            </button>
          </p>
        ) : (
          <ul class={problem ? "runs stale" : "runs"} onKeyDown={moveFocus}>
            {shown.map((run) => (
              <RunRow
                key={run.run}
                run={run}
                picked={picked.has(run.run)}
                onPick={(on) => pick(run.run, on)}
                mayDelete={owns}
                onDeleted={() => forgetRun(run.run)}
              />
            ))}
          </ul>
        )}
        {next !== null && (
          <p class="older-runs">
            <button type="button" class="quiet" onClick={() => void readOlderRuns(token)}>
              Older runs
            </button>
          </p>
        )}
        {picked.size > 0 && <PickedBar picked={picked} onClear={() => setPicked(new Set())} />}
      </main>
    </div>
  );
}

function PickedBar({ picked, onClear }: { picked: ReadonlySet<string>; onClear: () => void }) {
  const path = `/compare?${[...picked].map((run) => `run=${encodeURIComponent(run)}`).join("&")}`;
  return (
    <div class="picked-bar" role="status">
      <span class="figure">
        {count(picked.size)} of {PICKED_MAX} picked
      </span>
      <button type="button" class="quiet" onClick={onClear}>
        Clear
      </button>
      <button type="button" class="primary" disabled={picked.size < 2} onClick={() => setAddress(path, "push")}>
        Compare
      </button>
    </div>
  );
}

/** Arrow keys, and j and k, go from row to row; Enter is the link's own. */
function moveFocus(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step === undefined || !(event.currentTarget instanceof HTMLElement)) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>(".run-row")];
  const { activeElement } = document;
  const at = activeElement instanceof HTMLElement ? rows.indexOf(activeElement) : -1;
  if (at < 0) return;
  event.preventDefault();
  rows[at + step]?.focus();
}
