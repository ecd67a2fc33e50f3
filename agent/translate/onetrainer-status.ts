import type { RunStatus } from "../../protocol/events.ts";

/** What one of OneTrainer's status texts means. */
export type Meaning =
  | { kind: "status"; status: RunStatus; phase: string | null }
  /** The training is over, as OneTrainer says: stopped or completed, which the steps tell. */
  | { kind: "over" }
  /** The GUI's word for an exception; the exception itself was reported where it was raised. */
  | { kind: "failed" }
  /** A text that this table does not know: the status and phase stay, the message is new. */
  | { kind: "unchanged" };

type Row = {
  text: string;
  status: RunStatus;
  /** Where it differs. */
  before_first_step?: RunStatus;
  phase: string | null;
  /** Said only while a training begins or runs, never after its end: after an end it begins the next one (a GUI trains several times). */
  begins?: true;
};

/** OneTrainer's status texts (August 2026), lower case and without trailing dots. */
const ROWS: readonly Row[] = [
  { text: "loading the model", status: "starting", phase: "loading", begins: true },
  { text: "searching for previous backups", status: "starting", phase: "loading", begins: true },
  { text: "running model setup", status: "starting", phase: "setup", begins: true },
  { text: "creating the data loader/caching", before_first_step: "starting", status: "running", phase: "caching", begins: true },
  { text: "starting epoch/caching", before_first_step: "starting", status: "running", phase: "caching", begins: true },
  { text: "caching", before_first_step: "starting", status: "running", phase: "caching", begins: true },
  { text: "training", status: "running", phase: "training", begins: true },
  { text: "sampling", status: "running", phase: "sampling" },
  { text: "calculating validation loss", status: "running", phase: "validating" },
  { text: "creating backup", status: "running", phase: "backup" },
  { text: "saving", status: "running", phase: "saving" },
  { text: "saving the final model", status: "stopping", phase: "saving" },
  { text: "stopping", status: "stopping", phase: null },
];

const BY_TEXT: ReadonlyMap<string, Row> = new Map(ROWS.map((row) => [row.text, row]));

const normal = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s.…]+$/, "");

/**
 * @param text what OneTrainer's `on_update_status` was given
 * @param stepped whether a step of this training has been counted
 */
export function meaningOf(text: string, stepped: boolean): Meaning {
  const key = normal(text);
  const row = BY_TEXT.get(key);
  if (row) return { kind: "status", status: stepped ? row.status : (row.before_first_step ?? row.status), phase: row.phase };
  if (key === "stopped") return { kind: "over" };
  if (key.startsWith("error")) return { kind: "failed" };
  return stepped ? { kind: "unchanged" } : { kind: "status", status: "starting", phase: "loading" };
}

/** @returns whether the text, said after a training ended, is the beginning of the next one. */
export function beginsTraining(text: string): boolean {
  return BY_TEXT.get(normal(text))?.begins === true;
}
