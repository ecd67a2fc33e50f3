import type { Answer, Api } from "../../client/index.ts";
import { type EventOf, type RunSummary, trainingProgress } from "../../protocol/index.ts";
import { type AccessOptions, accessOf, refusal } from "./access.ts";
import { writeOut } from "./output.ts";
import { RUNS_COLUMNS, runCells } from "./runs-columns.ts";
import { layOut, plainCell } from "./table.ts";
import { EXIT_FAILED } from "./usage.ts";

/** A run as a line tells it. Steps are of the whole run; null is what its trainer does not tell. */
export type RunLine = {
  run: string;
  name: string | null;
  status: string | null;
  step: number | null;
  steps: number | null;
  percent: number | null;
  viewers: number;
  agent_connected: boolean;
  /** The agent's last word, where it is away. */
  agent_last_heard: string | null;
  created_at: string;
  updated_at: string;
};

const NO_RUNS = `There is no run that this token may see. To attach a trainer:
  runcast run -- python scripts/train.py --config-path config.json
`;

/** What a terminal that tells no width is taken for. */
const COLUMNS = 80;

/** `runcast runs`: a table at a terminal, else lines of fields that a tab separates, or of JSON. */
export async function runsCommand(options: AccessOptions): Promise<number> {
  const access = accessOf(options, "viewer");
  if (access === null) return EXIT_FAILED;
  const answer = await allRuns(access.api());
  if (!answer.ok) return refusal(answer);
  const runs = answer.value.map(lineOf);
  if (runs.length === 0) process.stderr.write(NO_RUNS);
  await writeOut(linesOf(runs, options).join(""));
  return 0;
}

/** Page after page: nobody counts on a list that ends without saying so. */
async function allRuns(api: Api): Promise<Answer<RunSummary[]>> {
  const runs: RunSummary[] = [];
  let before: string | undefined;
  for (;;) {
    const page = await api.runsPage(before === undefined ? {} : { before });
    if (!page.ok) return page;
    runs.push(...page.value.runs);
    if (!page.value.next) return { ok: true, value: runs };
    before = page.value.next;
  }
}

function linesOf(runs: readonly RunLine[], { json }: AccessOptions): string[] {
  if (json) return runs.map((run) => `${JSON.stringify(run)}\n`);
  if (!process.stdout.isTTY) return runs.map((run) => `${fieldsOf(run).map(plainCell).join("\t")}\n`);
  if (runs.length === 0) return [];
  const now = Date.now();
  const cells = runs.map((run) => runCells(run, now));
  return layOut(RUNS_COLUMNS, cells, process.stdout.columns || COLUMNS, process.stdout).map((line) => `${line}\n`);
}

/** In the order that the help names. */
function fieldsOf({ run, name, status, step, steps, percent, viewers, agent_connected, updated_at }: RunLine): string[] {
  const agent = agent_connected ? "online" : "offline";
  return [run, name ?? "", status ?? "", text(step), text(steps), text(percent), text(viewers), agent, updated_at];
}

const text = (value: number | null): string => (value === null ? "" : String(value));

export function lineOf({ run, name, status, progress, viewers, agent_connected, created_at, updated_at }: RunSummary): RunLine {
  const parsed = trainingProgress.safeParse(progress);
  const advance = advanceOf(parsed.success ? parsed.data : {});
  // A run is as new as its agent's last word, whoever watches it.
  const agent_last_heard = agent_connected ? null : updated_at;
  return { run, name, status, ...advance, viewers, agent_connected, agent_last_heard, created_at, updated_at };
}

/** Epochs count from 0; the last step of an epoch already names the next one. */
function advanceOf(progress: Partial<EventOf<"training_progress">>): Pick<RunLine, "step" | "steps" | "percent"> {
  const { global_step, step, epoch, max_step, max_epoch } = progress;
  const steps = max_step && max_epoch ? max_step * max_epoch : null;
  const inEpoch = typeof step === "number" && max_step ? Math.min(1, step / max_step) : 0;
  const done = typeof epoch === "number" && max_epoch ? Math.min(1, (epoch + inEpoch) / max_epoch) : null;
  // Down, not to the nearest: 100 is for what is done.
  return { step: global_step ?? step ?? null, steps, percent: done === null ? null : Math.floor(done * 1000) / 10 };
}
