import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { createApi } from "../../client/index.ts";
import type { RunSummary } from "../../protocol/index.ts";
import { StatusPill } from "../status-pill.tsx";
import { now } from "../time/clock.ts";
import { ago } from "../time/format.ts";
import { RUNS_MAX } from "./address.ts";

type PickerButtonProps = { token: string; runs: readonly string[]; onChange: (runs: readonly string[]) => void };

export function PickerButton({ token, runs, onChange }: PickerButtonProps) {
  const opened = useSignal(false);
  return (
    <>
      <button
        type="button"
        onClick={() => {
          opened.value = true;
        }}
      >
        Choose runs …
      </button>
      {opened.value && (
        <PickerDialog
          token={token}
          runs={runs}
          onClose={(picked) => {
            opened.value = false;
            if (picked && picked.join("\n") !== runs.join("\n")) onChange(picked);
          }}
        />
      )}
    </>
  );
}

function PickerDialog({ token, runs, onClose }: { token: string; runs: readonly string[]; onClose: (picked: string[] | null) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const picked = useRef<string[] | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="confirm picker-dialog" aria-label="Choose runs" onClose={() => onClose(picked.current)}>
      <h2>Choose runs</h2>
      <RunPicker
        token={token}
        runs={runs}
        onDone={(chosen) => {
          picked.current = chosen;
          dialog.current?.close();
        }}
        onCancel={() => dialog.current?.close()}
      />
    </dialog>
  );
}

type RunList = { kind: "reading" } | { kind: "there"; runs: RunSummary[] } | { kind: "failed"; message: string };
type RunPickerProps = { token: string; runs: readonly string[]; onDone: (runs: string[]) => void; onCancel?: () => void };

/** Every run that the token reaches, to be ticked. */
export function RunPicker({ token, runs, onDone, onCancel }: RunPickerProps) {
  const list = useSignal<RunList>({ kind: "reading" });
  const wanted = useSignal("");
  const ticked = useSignal<readonly string[]>(runs);
  useEffect(() => {
    let ended = false;
    void createApi({ url: location.origin, token })
      .runs()
      .then((answer) => {
        if (!ended) list.value = answer.ok ? { kind: "there", runs: answer.value } : { kind: "failed", message: answer.message };
      });
    return () => {
      ended = true;
    };
  }, [token]);

  const submit = (event: Event) => {
    event.preventDefault();
    onDone([...ticked.value]);
  };
  const tick = (run: string, is: boolean) => {
    ticked.value = is ? [...ticked.value, run] : ticked.value.filter((each) => each !== run);
  };
  const full = ticked.value.length >= RUNS_MAX;
  return (
    <form class="picker" onSubmit={submit}>
      <input
        type="search"
        aria-label="Search runs"
        placeholder="Search by name, id or status"
        value={wanted}
        onInput={(event) => {
          wanted.value = event.currentTarget.value;
        }}
      />
      <PickerList list={list.value} wanted={wanted.value} ticked={ticked.value} full={full} onTick={tick} />
      <div class="picker-end">
        <span class="muted" role="status">
          {full ? `${RUNS_MAX} chosen, which is the most` : `${ticked.value.length} chosen`}
        </span>
        <div class="buttons">
          {onCancel && (
            <button type="button" class="quiet" onClick={onCancel}>
              Cancel
            </button>
          )}
          <button type="submit" class="primary" disabled={ticked.value.length === 0}>
            Compare
          </button>
        </div>
      </div>
    </form>
  );
}

type PickerListProps = {
  list: RunList;
  wanted: string;
  ticked: readonly string[];
  full: boolean;
  onTick: (run: string, is: boolean) => void;
};

function PickerList({ list, wanted, ticked, full, onTick }: PickerListProps) {
  if (list.kind === "reading") return <p class="picker-list muted">Reading the list …</p>;
  if (list.kind === "failed") return <p class="picker-list bad" role="alert">{`The list could not be read: ${list.message}.`}</p>;
  const found = [...list.runs, ...unlisted(list.runs, ticked)].filter((run) => matches(run, wanted));
  if (found.length === 0) return <p class="picker-list muted">{list.runs.length === 0 ? "There is no run yet." : "No run matches."}</p>;
  return (
    <ul class="picker-list" aria-label="Runs">
      {found.map(({ run, name, status, updated_at }) => (
        <li key={run}>
          <label class="check">
            <input
              type="checkbox"
              checked={ticked.includes(run)}
              disabled={full && !ticked.includes(run)}
              onChange={(event) => onTick(run, event.currentTarget.checked)}
            />
            <span class="picker-name">
              <span>{name ?? run}</span>
              <span class="muted">
                {updated_at === null
                  ? "not in your list"
                  : `${name === null || name === run ? "" : `${run} · `}${ago(Date.parse(updated_at), now.value)}`}
              </span>
            </span>
            {updated_at !== null && <StatusPill status={status} />}
          </label>
        </li>
      ))}
    </ul>
  );
}

type Pickable = { run: string; name: string | null; status: string | null; updated_at: string | null };

/** What was chosen by the address alone: to be unticked, though the list does not have it. */
function unlisted(runs: readonly RunSummary[], ticked: readonly string[]): Pickable[] {
  const missing = ticked.filter((run) => !runs.some((each) => each.run === run));
  return missing.map((run) => ({ run, name: null, status: null, updated_at: null }));
}

function matches({ run, name, status }: Pickable, wanted: string): boolean {
  const words = wanted.trim().toLowerCase().split(/\s+/);
  const text = `${name ?? ""} ${run} ${status ?? ""}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
