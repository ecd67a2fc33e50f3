import { type RunStatus, runStatus } from "../protocol/index.ts";

/** A run's status in a word, with a sign of its own for each kind, so that it does not hang on colour. */
const SIGNS: Record<RunStatus, { sign: string; tone: string; word: string }> = {
  idle: { sign: "○", tone: "calm", word: "Idle" },
  starting: { sign: "◌", tone: "calm", word: "Starting" },
  running: { sign: "●", tone: "good", word: "Running" },
  paused: { sign: "‖", tone: "warn", word: "Paused" },
  stopping: { sign: "◐", tone: "warn", word: "Stopping" },
  stopped: { sign: "■", tone: "calm", word: "Stopped" },
  error: { sign: "✕", tone: "bad", word: "Error" },
  completed: { sign: "✓", tone: "good", word: "Completed" },
};

/** @param phase is shown after the status where it says more */
export function StatusPill({ status, phase }: { status: string | null; phase?: string | null }) {
  const known = runStatus.safeParse(status);
  const { sign, tone, word } = known.success ? SIGNS[known.data] : { sign: "○", tone: "calm", word: status ?? "No status yet" };
  return (
    <span class={`pill ${tone}`}>
      <span aria-hidden="true">{sign}</span> {word}
      {phase && status !== "error" ? <span class="phase"> · {phase}</span> : null}
    </span>
  );
}
