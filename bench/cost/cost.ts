/**
 * What a day costs: a run of ten steps a second, watched by 50 pages all day, and by nobody; the real room, the real agent's rhythm and
 * real SQLite, with time as a number, beside a relay of one message and one row an event.
 *
 *     node bench/cost/cost.ts [--json] [--hours 24 | --quick]
 *
 * Fewer hours are scaled up to a day, which leaves out what a full log costs: trimming begins after hours.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startRelay } from "../../test/support/relay.ts";
import { markdown, shown } from "../support/figures.ts";
import { listener, processorMicroseconds } from "../support/linux.ts";
import { beyondFree, dollars, FREE_A_DAY, type Priced, priced } from "./prices.ts";
import type { Bill } from "./worker/bill.ts";

const HOUR_MS = 3_600_000;
const VIEWERS = 50;
const SCENARIOS = [
  { relay: "runcast", viewers: VIEWERS },
  { relay: "runcast", viewers: 0 },
  { relay: "naive", viewers: VIEWERS },
  { relay: "naive", viewers: 0 },
] as const;
type Scenario = (typeof SCENARIOS)[number];

type Answer = { bill: Bill; events: number; stored: number; database_bytes: number };
/** What an idle agent may still hold: fifteen seconds of a lively run, and some. */
const HELD_MAX = 1000;
type Result = Scenario & {
  events: number;
  database_mb: number;
  billed: Priced;
  dollars: number;
  always_awake_gb_seconds: number;
  beyond_free: string[];
};

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    hours: { type: "string", default: "24" },
    /** Three minutes: shows that it runs. */
    quick: { type: "boolean", default: false },
  },
});
const hours = values.quick ? 0.05 : Number(values.hours);
if (!(hours > 0)) throw new RangeError("--hours wants a number above 0");

const engine = await startRelay({ config: fileURLToPath(new URL("worker/wrangler.toml", import.meta.url)) });
const pid = listener(Number(new URL(engine.innerUrl).port));
const results: Result[] = [];
try {
  for (const scenario of SCENARIOS) results.push(await simulate(scenario));
} finally {
  await engine.stop();
}
process.stdout.write(values.json ? `${JSON.stringify({ hours, results, free_a_day: FREE_A_DAY }, null, 2)}\n` : `${report()}\n`);

async function simulate(scenario: Scenario): Promise<Result> {
  const before = processorMicroseconds(pid);
  let answer: Answer | undefined;
  for (let hour = 0; hour < hours; hour++) {
    const ms = Math.round(Math.min(1, hours - hour) * HOUR_MS);
    const query = new URLSearchParams({ relay: scenario.relay, viewers: String(scenario.viewers), ms: String(ms) });
    const response = await fetch(`${engine.innerUrl}/?${query}`);
    if (!response.ok) throw new Error(`the simulation failed: ${await response.text()}`);
    answer = (await response.json()) as Answer;
    process.stderr.write(`\r${scenario.relay}, ${scenario.viewers} viewers: hour ${hour + 1} of ${hours} `);
  }
  process.stderr.write("\n");
  if (!answer || answer.stored < answer.events - HELD_MAX) throw new Error(`of ${answer?.events} events ${answer?.stored} were stored`);
  // All of the simulation's time is counted as the handlers', the trainer's and the agent's part too: an upper bound.
  const handlerMs = (processorMicroseconds(pid) - before) / 1000 / answer.bill.handlers;
  const day = scaled(answer.bill, 24 / hours);
  const billed = priced(day, handlerMs);
  return {
    ...scenario,
    events: Math.round((answer.events * 24) / hours),
    database_mb: answer.database_bytes / 1e6,
    billed,
    dollars: dollars(billed),
    always_awake_gb_seconds: 86_400 * 0.128,
    beyond_free: beyondFree(billed),
  };
}

function scaled(bill: Bill, factor: number): Bill {
  return Object.fromEntries(Object.entries(bill).map(([name, count]) => [name, count * factor])) as Bill;
}

function report(): string {
  const names = Object.keys(FREE_A_DAY) as (keyof Priced)[];
  const columns = ["a day", ...results.map(({ relay, viewers }) => `${relay}, ${viewers} watching`), "free plan"];
  const rows = names.map((name) => [
    name.replaceAll("_", " "),
    ...results.map(({ billed }) => shown(Math.round(billed[name]))),
    shown(Math.round(FREE_A_DAY[name])),
  ]);
  rows.push(["events", ...results.map(({ events }) => shown(events)), ""]);
  rows.push(["database, MB", ...results.map(({ database_mb }) => shown(database_mb)), ""]);
  rows.push(["dollars, nothing free", ...results.map((result) => result.dollars.toFixed(3)), ""]);
  rows.push(["beyond the free plan", ...results.map(({ beyond_free }) => beyond_free.join(", ").replaceAll("_", " ") || "nothing"), ""]);
  const ratio = (viewers: number) => {
    const of = (relay: string) => results.find((result) => result.relay === relay && result.viewers === viewers)?.dollars ?? Number.NaN;
    return `${shown(of("naive") / of("runcast"))} × cheaper with ${viewers} watching`;
  };
  return `${markdown(columns, rows)}\n\n${ratio(VIEWERS)}, ${ratio(0)}`;
}
