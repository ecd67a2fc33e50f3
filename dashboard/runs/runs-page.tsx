import { useEffect } from "preact/hooks";
import { Mark } from "../mark.tsx";
import { account, signOut } from "../session/session.ts";
import { now } from "../time/clock.ts";
import { ago } from "../time/format.ts";
import { EmptyList } from "./empty-list.tsx";
import { pollRuns, runList } from "./poll.ts";
import { RunRow } from "./run-row.tsx";

export function RunsPage() {
  const { value } = account;
  const token = value.kind === "in" ? value.token : null;
  useEffect(() => {
    document.title = "runcast";
    return token === null ? undefined : pollRuns(token);
  }, [token]);

  const { runs, at, problem } = runList.value;
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
        {runs === null ? null : runs.length === 0 ? (
          <EmptyList />
        ) : (
          <ul class={problem ? "runs stale" : "runs"}>
            {runs.map((run) => (
              <RunRow key={run.run} run={run} />
            ))}
          </ul>
        )}
      </main>
    </div>
  );
}
