import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { CommandName, CommandRequest } from "../../protocol/index.ts";
import { isOver } from "../model/progress.ts";
import type { CommandRow } from "../model/run-view.ts";
import { AskSample } from "../samples/ask-sample.tsx";
import { count } from "../time/format.ts";
import type { RunStore } from "./store.ts";

type Button = { command: CommandName; label: string };

const PAUSE: Button = { command: "pause", label: "Pause" };
const RESUME: Button = { command: "resume", label: "Resume" };
const BUTTONS: readonly Button[] = [
  { command: "backup", label: "Backup" },
  { command: "save", label: "Save" },
];

/** What an operator can ask of the trainer. Nothing for viewers, and nothing once the run is over. */
export function Commands({ store }: { store: RunStore }) {
  const view = store.view.value;
  const failed = useSignal<string | null>(null);
  const confirm = useRef<HTMLDialogElement>(null);
  const saveFirst = useRef<HTMLInputElement>(null);
  if (view.role !== "operator" && view.role !== "owner") return null;
  const offline = store.link.value.kind !== "live";
  const over = isOver(view);
  if (over && failed.value === null) return null;

  const send = async (command: CommandName, options: Partial<CommandRequest> = {}) => {
    failed.value = null;
    const answer = await store.connection.command({ ...options, id: newId(), command });
    if (!answer.ok) failed.value = `${command}: ${answer.message}`;
  };
  const [newest] = view.commands;
  const paused = view.status?.event.status === "paused";
  const buttons = [...BUTTONS, paused ? RESUME : PAUSE];
  return (
    <div class="commands">
      <p class="command-state muted" role="status">
        {failed.value ?? (newest ? tell(newest) : "")}
      </p>
      {!over && (
        <div class="buttons">
          <button
            type="button"
            class="quiet"
            disabled={offline}
            onClick={() => {
              store.asking.value = "";
            }}
          >
            Sample …
          </button>
          {buttons.map(({ command, label }) => (
            <button key={command} type="button" class="quiet" disabled={offline} onClick={() => void send(command)}>
              {label}
            </button>
          ))}
          <button type="button" class="quiet danger" disabled={offline} onClick={() => confirm.current?.showModal()}>
            Stop …
          </button>
        </div>
      )}
      <AskSample asking={store.asking} onAsk={(wish) => void send("sample", wish)} />
      <dialog ref={confirm} class="confirm" aria-label="Stop the training">
        <form method="dialog">
          <h2>Stop the training?</h2>
          <p>The present step ends, and the trainer finishes as it does after a stop of its own.</p>
          <label class="check">
            <input type="checkbox" ref={saveFirst} /> Have it save first
          </label>
          <div class="buttons">
            <button type="submit" class="quiet">
              Keep training
            </button>
            <button type="submit" class="danger solid" onClick={() => void send("stop", saveFirst.current?.checked ? { save: true } : {})}>
              Stop
            </button>
          </div>
        </form>
      </dialog>
    </div>
  );
}

const WORDS: Record<CommandRow["state"], string> = {
  queued: "waits for the agent",
  delivered: "is with the trainer",
  applied: "done",
  rejected: "was refused",
  expired: "expired",
  failed: "failed",
};

/** Who asked stands with it: on this page it may have been somebody else. */
function tell({ command, state, by, global_step, error }: CommandRow): string {
  const at = state === "applied" && global_step !== null ? ` at step ${count(global_step)}` : "";
  const whose = by === null ? "" : ` (${by})`;
  return `${command}${whose} ${WORDS[state]}${at}${error === null ? "" : `: ${error}`}`;
}

/** `crypto.randomUUID` exists in secure contexts alone, and this page is also served by plain http on a local network. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
