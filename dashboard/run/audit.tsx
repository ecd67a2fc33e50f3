import { useEffect, useState } from "preact/hooks";
import type { CommandRecord } from "../../protocol/index.ts";
import { count, dateClock } from "../time/format.ts";
import type { RunStore } from "./store.ts";

/** Every command of the run: who asked, what became of it, and at which step. The newest states come live. */
export function Audit({ run, store }: { run: string; store: RunStore }) {
  const live = store.view.value.commands;
  const [records, setRecords] = useState<readonly CommandRecord[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  // What the relay has is asked for again when a command has reached another state: it has when each was asked for.
  const states = live.map(({ id, state }) => `${id} ${state}`).join();
  useEffect(() => {
    let over = false;
    void store.api.commands(run).then((answer) => {
      if (over) return;
      if (answer.ok) setRecords(answer.value);
      setProblem(answer.ok ? null : answer.message);
    });
    return () => {
      over = true;
    };
  }, [run, store, states]);
  if (records === null && problem === null) return null;
  if (records !== null && records.length === 0) return null;
  return (
    <section class="panel area-audit" aria-label="Commands">
      <header>
        <h2>Commands</h2>
        <span class="muted figure">{records ? count(records.length) : ""}</span>
      </header>
      {problem && <p class="muted">The commands could not be read: {problem}.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable with the keyboard */}
      <ul class="audit" tabIndex={0}>
        {(records ?? []).map((record) => (
          <Row key={record.id} record={record} state={live.find(({ id }) => id === record.id)?.state ?? record.state} />
        ))}
      </ul>
    </section>
  );
}

const TONES: Readonly<Record<CommandRecord["state"], string>> = {
  queued: "muted",
  delivered: "muted",
  applied: "",
  rejected: "bad",
  expired: "bad",
  failed: "bad",
};

function Row({ record, state }: { record: CommandRecord; state: CommandRecord["state"] }) {
  const { command, by, requested_at, global_step, error } = record;
  return (
    <li>
      <span>
        {command} <span class="muted">by {by}</span>
      </span>
      <span class={TONES[state]}>
        {state}
        {state === "applied" && typeof global_step === "number" ? ` at step ${count(global_step)}` : ""}
      </span>
      <time class="muted figure" dateTime={requested_at}>
        {dateClock(requested_at)}
      </time>
      {error && <span class="why">{error}</span>}
    </li>
  );
}
