/**
 * What it costs to pass events on to many viewers, beside other ways to do it on the same machine. Linux only.
 *
 *     node bench/fanout/fanout.ts [--json] [--quick] [--viewers 1,100,200,1000,2000] [--rounds 3] [--seconds 5] [--frames 40000] [--only TEXT|TEXT]
 *
 * Memory: of the process that fans out, before and after so many viewers connected, while nothing is sent.
 * Burst: everything at once until about `--frames` frames have gone to viewers; 50 events a frame where a producer may put many into
 * one, which is what an agent sends after a cut, or when the console floods. Live: ten events a second for `--seconds`.
 * Systems take turns in each round; the median of the rounds counts. All are asked directly, without wrangler's front.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Crowd } from "../support/crowd.ts";
import { markdown, median, shown, spread } from "../support/figures.ts";
import { residentKibibytes } from "../support/linux.ts";
import { burst, live, type Round } from "./measure.ts";
import { type RunningSystem, SYSTEMS, type System } from "./systems.ts";

const SIZES = {
  full: { viewers: "1,100,200,1000,2000", rounds: "3", seconds: "5", frames: "40000" },
  quick: { viewers: "20", rounds: "1", seconds: "0.5", frames: "400" },
};
/** What a connection leaves behind is freed, and what its kernel buffers took is counted, after this long. */
const SETTLE_MS = 2000;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    viewers: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    frames: { type: "string" },
    only: { type: "string", default: "" },
  },
});
const given = { ...SIZES[values.quick ? "quick" : "full"], ...values };
const sizes = given.viewers
  .split(",")
  .map(Number)
  .sort((a, b) => a - b);

type Stage = { system: System; running: RunningSystem; crowd: Crowd };
type Rounds = { burst: Round[]; live: Round[] };
type Row = { system: string; viewers: number; kib_a_viewer: number } & Rounds;

async function onStage(system: System): Promise<Stage> {
  return { system, running: await system.start(), crowd: new Crowd() };
}

async function offStage({ running, crowd }: Stage): Promise<void> {
  crowd.end();
  running.producer.close();
  await running.stop();
}

/** Opens the viewers size by size. @returns KiB that each viewer took which came since the size before */
async function memory({ running, crowd }: Stage): Promise<Map<number, number>> {
  const taken = new Map<number, number>();
  for (const size of sizes) {
    const before = residentKibibytes(running.pid);
    const more = size - crowd.size;
    await crowd.resize(size, running.door);
    await delay(values.quick ? 0 : SETTLE_MS);
    taken.set(size, (residentKibibytes(running.pid) - before) / more);
  }
  return taken;
}

/** All systems with so many viewers, in turns: whoever is measured while the machine is slow is so in one round only. */
async function traffic(stages: readonly Stage[], size: number): Promise<Map<Stage, Rounds>> {
  const rounds = new Map<Stage, Rounds>(stages.map((stage) => [stage, { burst: [], live: [] }]));
  for (const { crowd, running } of stages) await crowd.resize(size, running.door);
  // A flood leaves garbage that is collected in the calm after it: the calm comes first.
  for (let round = 0; round < Number(given.rounds); round++) {
    for (const [{ system, running, crowd }, { live: found }] of rounds) {
      if (system.live) found.push(await live(running, crowd, Number(given.seconds)));
    }
  }
  for (let round = 0; round < Number(given.rounds); round++) {
    for (const [{ system, running, crowd }, { burst: found }] of rounds) {
      found.push(await burst(system, running, crowd, Number(given.frames)));
    }
  }
  return rounds;
}

const stages: Stage[] = [];
try {
  stages.push(
    ...(await Promise.all(SYSTEMS.filter(({ name }) => values.only.split("|").some((text) => name.includes(text))).map(onStage))),
  );
  const taken = new Map<Stage, Map<number, number>>();
  for (const stage of stages) taken.set(stage, await memory(stage));

  const rows: Row[] = [];
  // From many viewers to few: they are open already.
  for (const viewers of sizes.toReversed()) {
    for (const [stage, rounds] of await traffic(stages, viewers)) {
      rows.push({ system: stage.system.name, viewers, kib_a_viewer: taken.get(stage)?.get(viewers) ?? Number.NaN, ...rounds });
    }
  }
  rows.sort((one, other) => one.viewers - other.viewers);
  console.log(values.json ? JSON.stringify({ rows }) : report(rows));
} finally {
  await Promise.all(stages.map(offStage));
}

function report(rows: readonly Row[]): string {
  const columns = ["system", "viewers", "events", "CPU µs an event", "from – to", "deliveries/s", "p50 ms", "p99 ms"];
  const table = (kind: keyof Rounds) =>
    markdown(
      columns,
      rows.filter((row) => row[kind].length > 0).map((row) => cells(row, row[kind])),
    );
  const memoryTable = markdown(
    ["KiB a viewer, of those that came last", ...sizes.map(String)],
    stages.map(({ system: { name } }) => [
      name,
      ...sizes.map((size) => shown(rows.find((row) => row.system === name && row.viewers === size)?.kib_a_viewer ?? Number.NaN)),
    ]),
  );
  return `Burst\n\n${table("burst")}\n\nLive, 10 events/s\n\n${table("live")}\n\nMemory\n\n${memoryTable}`;
}

function cells({ system, viewers }: Row, rounds: readonly Round[]): string[] {
  const of = (name: keyof Round) => shown(median(rounds.map((round) => round[name])));
  const cpu = spread(rounds.map(({ cpu_us }) => cpu_us));
  return [
    system,
    String(viewers),
    of("events"),
    shown(cpu.median),
    `${shown(cpu.from)} – ${shown(cpu.to)}`,
    of("per_second"),
    of("p50_ms"),
    of("p99_ms"),
  ];
}
