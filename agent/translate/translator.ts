import type { HookMessage } from "../../protocol/hook-messages.ts";
import { plainLines } from "../console/plain-text.ts";
import { metricsEvents, type Point } from "./columns.ts";
import { finishTraining, type ProcessExit, processEnded, trainingRaised } from "./endings.ts";
import { withEpoch } from "./progress.ts";
import { trimJoin } from "./scalar-join.ts";
import { takeScalars } from "./scalars.ts";
import { withoutSecrets } from "./secrets.ts";
import { initialState, isOver, type TranslatorState } from "./state.ts";
import { reportStep, startRunning, tellProgress } from "./steps.ts";
import { takeRunInfo, takeStatus, takeStatusText } from "./trainer-words.ts";
import { beginTraining, iso, newTurn, say, type Translated, type Turn } from "./turn.ts";
import { unreachable } from "./unreachable.ts";

export type { ProcessExit } from "./endings.ts";
export type { TranslatorState } from "./state.ts";
export type { SampleFile, Translated } from "./turn.ts";

/**
 * Makes events of what the hook saw: the meaning of a trainer's words is given here, and nowhere else.
 *
 * Pure but for its memory, which {@link Translator.state} gives out as JSON. Times of messages are their own `t`, in seconds since 1970;
 * `now` is in milliseconds since 1970.
 */
export type Translator = {
  /** @param session the hook's name of its process (`hello.session`) */
  hook(session: string, message: HookMessage): Translated;
  /** The same for a batch: its scalars become one columnar `metrics` event. */
  hookAll(session: string, messages: readonly HookMessage[]): Translated;
  /** The trainer's process was started. */
  attached(now: number): Translated;
  /** The trainer's process is gone. */
  exited(exit: ProcessExit, now: number): Translated;
  /** All that has to survive: stored with the events that it led to, it lets a new translator go on where this one was. */
  state(): TranslatorState;
};

/** Sessions remembered: a run has one, or one after the other when a script trains several times. */
const SESSIONS_MAX = 32;

/** @param state what an earlier translator's `state()` gave, for a run that goes on */
export function createTranslator(state: TranslatorState = initialState()): Translator {
  const run = structuredClone(state);
  const hookAll = (session: string, messages: readonly HookMessage[]): Translated => {
    const turn = newTurn(run);
    enterSession(turn, session);
    const points: Point[] = [];
    // The metrics stand where the newest of them came, before the status that may end the training.
    let metricsAt = 0;
    for (const message of messages) {
      points.push(...take(turn, message));
      if (message.type === "scalars") metricsAt = turn.events.length;
    }
    turn.events.splice(metricsAt, 0, ...metricsEvents(points, iso));
    trimJoin(run.training.join);
    return given(turn);
  };
  return {
    hook: (session, message) => hookAll(session, [message]),
    hookAll,
    attached(now) {
      const turn = newTurn(run);
      say(turn, { status: "starting", phase: null, message: null, error: null }, now / 1000);
      return given(turn);
    },
    exited(exit, now) {
      const turn = newTurn(run);
      processEnded(turn, now / 1000, exit);
      return given(turn);
    },
    state: () => structuredClone(run),
  };
}

const given = ({ events, samples }: Turn): Translated => ({ events, samples });

/** Another process that trains is another training, even where the one before never said that it ended. */
function enterSession(turn: Turn, session: string): void {
  const { run } = turn;
  if (run.sessions.includes(session)) return;
  if (run.sessions.length > 0) beginTraining(turn);
  run.sessions = [...run.sessions, session].slice(-SESSIONS_MAX);
}

/** @returns the points of a message of scalars, which wait for the end of the batch */
function take(turn: Turn, message: HookMessage): Point[] {
  const { run } = turn;
  const { t } = message;
  switch (message.type) {
    case "run_info":
      takeRunInfo(turn, message);
      return [];
    case "progress": {
      if (isOver(run.status)) beginTraining(turn);
      run.training.callbacks = true;
      startRunning(turn, t);
      const { epoch = null, epoch_step = null, global_step = null, max_step = null, max_epoch = null } = message;
      run.last_step = global_step ?? run.last_step;
      reportStep(turn, withEpoch({ epoch, epoch_step, global_step, max_step, max_epoch }), t);
      tellProgress(turn, t);
      return [];
    }
    case "status_text":
      takeStatusText(turn, message.text, t);
      return [];
    case "status":
      takeStatus(turn, message);
      return [];
    case "scalars":
      return takeScalars(turn, message);
    case "sample":
      turn.samples.push({
        path: message.path,
        sample_type: message.sample_type,
        step: message.step ?? null,
        epoch: message.epoch ?? null,
        prompt: message.prompt ?? null,
        t,
      });
      return [];
    case "sample_progress": {
      const { sample_type, step, max_step } = message;
      turn.events.push({ type: "sample_progress", timestamp: iso(t), sample_type, step, max_step });
      return [];
    }
    case "log":
      for (const line of plainLines(message.message)) {
        turn.events.push({ type: "log", timestamp: iso(t), level: message.level, message: line, source: "trainer" });
      }
      return [];
    case "stop_requested":
      run.training.stop_requested = true;
      return [];
    case "error":
      trainingRaised(turn, t, message.message);
      return [];
    case "end":
      if (!isOver(run.status)) finishTraining(turn, t);
      return [];
    case "dropped":
      turn.events.push({ type: "log", timestamp: iso(t), level: "warning", message: droppedMessage(message.counts), source: "agent" });
      return [];
    case "command_update":
      // Travels to the room as a message of its own: it is the room that makes the event.
      return [];
    default:
      return unreachable(message);
  }
}

function droppedMessage(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([type, count]) => `${count} ${withoutSecrets(type)}`);
  return `the trainer's queue was full, messages were dropped: ${parts.join(", ")}`;
}
