import type { HookMessageOf } from "../../protocol/hook-messages.ts";
import { NAME_MAX_LENGTH } from "../../protocol/limits.ts";
import { etaPhase } from "../eta/learn.ts";
import { failTraining, finishTraining, lastProgress } from "./endings.ts";
import { beginsTraining, meaningOf } from "./onetrainer-status.ts";
import { publicConfig } from "./secrets.ts";
import { isOver, type Status, type TranslatorState } from "./state.ts";
import { beginTraining, iso, say, type Turn } from "./turn.ts";
import { unreachable } from "./unreachable.ts";

/** Who trains, and with what configuration. */
export function takeRunInfo(turn: Turn, { t, trainer, version, name, config }: HookMessageOf<"run_info">): void {
  const { run } = turn;
  if (isOver(run.status)) beginTraining(turn);
  const { training } = run;
  training.trainer = trainer;
  if (trainer === "onetrainer") training.callbacks = true;
  const info = {
    name: name?.slice(0, NAME_MAX_LENGTH) ?? null,
    trainer,
    version: version ?? null,
    config: config ? publicConfig(config) : null,
    started_at: iso(t),
  };
  if (!training.progress) training.run_info = info;
  turn.events.push({ type: "run_info", timestamp: iso(t), ...info });
  if (run.status === null || isOver(run.status)) say(turn, { status: "starting", phase: null, message: null, error: null }, t);
}

/** One of OneTrainer's status lines: the table says what it means. */
export function takeStatusText(turn: Turn, text: string, t: number): void {
  const { run } = turn;
  if (isOver(run.status)) {
    // After an exception OneTrainer still cleans up and saves: words that belong to the training that has ended.
    if (!beginsTraining(text)) return;
    beginTraining(turn);
  }
  const { training } = run;
  training.callbacks = true;
  const meaning = meaningOf(text, training.progress !== null);
  switch (meaning.kind) {
    case "status":
      etaPhase(training.eta, meaning.phase, t);
      say(turn, { status: meaning.status, phase: meaning.phase, message: text, error: null }, t);
      return;
    case "unchanged":
      if (run.status) say(turn, { ...run.status, message: text }, t);
      return;
    case "over":
      finishTraining(turn, t, text);
      return;
    case "failed":
      failTraining(turn, t, text);
      return;
    default:
      unreachable(meaning);
  }
}

/** The explicit API says what it means, and so does the hook of a pause. */
export function takeStatus(turn: Turn, { t, status, phase, message, error }: HookMessageOf<"status">): void {
  const { run } = turn;
  const next = { status, phase: phase ?? null, message: message ?? null, error: error ?? null };
  if (isOver(run.status) && !isOver(next)) beginTraining(turn);
  etaPhase(run.training.eta, etaPhaseOf(run, next), t);
  say(turn, next, t);
  if (isOver(next)) lastProgress(turn, t, status === "completed" ? "completed" : "cut short");
}

/** After a pause a training is where it was: a phase in which it steps already does not begin anew. */
function etaPhaseOf({ status: last, training }: TranslatorState, next: Status): string | null {
  if (next.status === "paused") {
    if (last?.status !== "paused") training.paused_in = { phase: last?.phase ?? null, eta: training.eta.phase };
    return "paused";
  }
  const before = training.paused_in;
  training.paused_in = null;
  return before?.phase === next.phase ? before.eta : next.phase;
}
