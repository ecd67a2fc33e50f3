import type { RunLine } from "./runs.ts";
import type { Cell, Column } from "./table.ts";

/** The table of `runcast runs`. Where a terminal is narrow the name gives way first, then whole columns; an id is there to be copied. */
export const RUNS_COLUMNS: readonly Column[] = [
  { title: "RUN", keep: Number.POSITIVE_INFINITY },
  { title: "NAME", keep: 3, shrinksTo: 8 },
  { title: "STATUS", keep: 7 },
  { title: "STEP", keep: 5, right: true },
  { title: "DONE", keep: 4, right: true },
  { title: "VIEWERS", keep: 1, right: true },
  { title: "AGENT", keep: 6 },
  { title: "UPDATED", keep: 2 },
];

const COLOURS: Readonly<Record<string, Cell["colour"]>> = {
  running: "green",
  starting: "green",
  paused: "yellow",
  stopping: "yellow",
  error: "red",
};
const OVER: ReadonlySet<string> = new Set(["completed", "stopped", "error"]);

/** @param now milliseconds since 1970 */
export function runCells(line: RunLine, now: number): Cell[] {
  const { run, name, status, step, steps, percent, viewers, updated_at } = line;
  const place = step === null ? "" : steps === null ? String(step) : `${step}/${steps}`;
  return [
    { text: run },
    { text: name ?? "" },
    { text: status ?? "", colour: COLOURS[status ?? ""] },
    { text: place },
    { text: percent === null ? "" : `${percent.toFixed(1)}%` },
    { text: String(viewers) },
    agentCell(line, now),
    { text: `${span(Date.parse(updated_at), now)} ago` },
  ];
}

function agentCell({ agent_connected, agent_last_heard, status }: RunLine, now: number): Cell {
  if (agent_connected) return { text: "online" };
  if (OVER.has(status ?? "")) return { text: "ended", colour: "dim" };
  return { text: `offline for ${span(Date.parse(agent_last_heard ?? ""), now)}`, colour: "yellow" };
}

const UNITS = [
  { name: "d", seconds: 86_400 },
  { name: "h", seconds: 3600 },
  { name: "min", seconds: 60 },
] as const;

/** @returns `5 s`, `3 min`, `2 h`, `9 d`; a clock behind the relay's counts as no time */
function span(from: number, now: number): string {
  if (Number.isNaN(from)) return "?";
  const seconds = Math.max(0, Math.floor((now - from) / 1000));
  const unit = UNITS.find((each) => seconds >= each.seconds);
  return unit ? `${Math.floor(seconds / unit.seconds)} ${unit.name}` : `${seconds} s`;
}
