import type { AnyEvent } from "../../protocol/events.ts";
import { LOG_LINE_MAX } from "../../protocol/limits.ts";
import { cutText } from "./cut-text.ts";
import { initialTraining, type Status, type TranslatorState } from "./state.ts";

/** A file that a sample was written to; the agent uploads it and then announces it. `t` is in seconds since 1970. */
export type SampleFile = {
  path: string;
  sample_type: "default" | "custom";
  step: number | null;
  epoch: number | null;
  prompt: string | null;
  t: number;
};

/** What the translator makes of one batch of input. */
export type Translated = { events: AnyEvent[]; samples: SampleFile[] };

/** One batch in the making: the memory that it changes and what it gives out. */
export type Turn = Translated & { run: TranslatorState };

export const newTurn = (run: TranslatorState): Turn => ({ run, events: [], samples: [] });

/** The largest time that a Date holds, in seconds: a trainer's clock may say anything. */
const TIME_MAX = 8.64e12;

/** @param t seconds since 1970 */
export function iso(t: number): string {
  return new Date(Math.round(Math.min(TIME_MAX, Math.max(-TIME_MAX, t)) * 1000)).toISOString();
}

/** EV4: tells the status where it is not what was told last. */
export function say(turn: Turn, status: Status, t: number): void {
  const next: Status = { ...status, message: cut(status.message), error: cut(status.error) };
  const last = turn.run.status;
  const same = last?.status === next.status && last.phase === next.phase && last.message === next.message && last.error === next.error;
  if (same) return;
  turn.run.status = next;
  turn.events.push({ type: "training_status", timestamp: iso(t), ...next });
}

/** The next training of this run: nothing of the one before counts for it. */
export function beginTraining(turn: Turn): void {
  turn.run.training = initialTraining();
}

const cut = (text: string | null): string | null => (text === null ? null : cutText(text, LOG_LINE_MAX));
