/**
 * Events a second that one room checks, stores and acknowledges, beside a Durable Object that inserts a row an event. Linux only.
 *
 *     node bench/ingest/ingest.ts [--json] [--quick] [--events 50000] [--rounds 3] [--batches 1,10,50,500,2000]
 *
 * One producer, one socket, nobody watching, at most 2 MiB on the way without an ack, as the agent has it. The peer takes the same frames;
 * with one event a frame it is what one writes first. Systems take turns in each round; the median of the rounds counts.
 */
import { execFile } from "node:child_process";
import { parseArgs, promisify } from "node:util";
import { clock } from "../support/clock.ts";
import { benchEvents } from "../support/events.ts";
import { markdown, median, shown, spread } from "../support/figures.ts";
import { processorMicroseconds } from "../support/linux.ts";
import { agentProducer, type Producer, rawProducer } from "../support/producer.ts";
import { startPeers, startRuncast } from "../support/relays.ts";

const SIZES = {
  full: { events: "50000", rounds: "3", batches: "1,10,50,500,2000" },
  quick: { events: "500", rounds: "1", batches: "50" },
};
/** Events of about 250 bytes in 2 MiB. */
const WINDOW_EVENTS = 8000;
const WARM_EVENTS = 500;
/** Enough to measure: a commit for each frame takes its time. */
const FRAMES_MOST = 3000;
const RUN = "ingest";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    events: { type: "string" },
    rounds: { type: "string" },
    batches: { type: "string" },
  },
});
const given = { ...SIZES[values.quick ? "quick" : "full"], ...values };

type Case = { system: string; batch: number; pid: number; producer: Producer };
type Round = { events: number; events_per_second: number; cpu_us: number };

async function round({ producer, pid, batch }: Case, most: number): Promise<Round> {
  // What others have left to be written would slow down whoever commits next.
  await promisify(execFile)("sync");
  const events = Math.min(most, batch * FRAMES_MOST);
  const cpu = processorMicroseconds(pid);
  const began = clock();
  for (let sent = 0; sent < events; sent += batch) {
    await producer.waiting(WINDOW_EVENTS);
    producer.send(benchEvents(Math.min(batch, events - sent), sent));
  }
  await producer.settled();
  const seconds = (clock() - began) / 1000;
  return { events, events_per_second: events / seconds, cpu_us: (processorMicroseconds(pid) - cpu) / events };
}

const runcast = await startRuncast();
const peers = await startPeers();
try {
  const agent = await agentProducer(`${runcast.ws}/runs/${RUN}/agent`, await runcast.relay.token("agent", RUN));
  const alone = await rawProducer(`${peers.ws}/rows/producer`, ([event]) => JSON.stringify(event), true);
  const batched = await rawProducer(`${peers.ws}/rows/producer`, (events) => JSON.stringify({ type: "batch", events }), true);
  const cases = given.batches
    .split(",")
    .map(Number)
    .flatMap((batch): Case[] => [
      { system: "a row an event", batch, pid: peers.pid, producer: batch === 1 ? alone : batched },
      { system: "runcast", batch, pid: runcast.pid, producer: agent },
    ]);
  const rounds = new Map<Case, Round[]>(cases.map((one) => [one, []]));
  let sent = 0;
  const add = ({ system }: Case, { events }: Round) => {
    if (system === "runcast") sent += events;
  };
  for (const one of cases) add(one, await round(one, WARM_EVENTS));
  for (let i = 0; i < Number(given.rounds); i++) {
    for (const [one, found] of rounds) {
      const measured = await round(one, Number(given.events));
      found.push(measured);
      add(one, measured);
    }
  }
  const stored = await lastOffset();
  // The room's own event tells of the agent.
  if (stored !== sent + 1) throw new Error(`${sent} events were acknowledged, and the room has ${stored - 1}`);
  const rows = [...rounds].map(([{ system, batch }, found]) => ({ system, batch, rounds: found }));
  console.log(values.json ? JSON.stringify({ sent, stored, rows }) : report(rows));
  for (const producer of [agent, alone, batched]) producer.close();
} finally {
  await Promise.all([runcast.relay.stop(), peers.relay.stop()]);
}

async function lastOffset(): Promise<number> {
  const headers = { Authorization: `Bearer ${await runcast.relay.token("viewer", RUN)}` };
  const answer = await fetch(`${runcast.relay.url}/api/runs/${RUN}`, { headers });
  return ((await answer.json()) as { last_offset: number }).last_offset;
}

function report(rows: readonly { system: string; batch: number; rounds: readonly Round[] }[]): string {
  const rate = (found: readonly Round[]) => median(found.map(({ events_per_second }) => events_per_second));
  const base = rate(rows.find(({ batch }) => batch === 1)?.rounds ?? []);
  return markdown(
    ["system", "events a frame", "events/s", "from – to", "× a row an event alone", "CPU µs an event"],
    rows.map(({ system, batch, rounds: found }) => {
      const { median: middle, from, to } = spread(found.map(({ events_per_second }) => events_per_second));
      const cpu = shown(median(found.map(({ cpu_us }) => cpu_us)));
      return [system, String(batch), shown(middle), `${shown(from)} – ${shown(to)}`, shown(middle / base), cpu];
    }),
  );
}
