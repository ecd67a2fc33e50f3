/**
 * What many runs cost a relay: memory of its workerd before them, in use, asleep and left. Linux only.
 *
 *     node bench/rooms/rooms.ts [--json] [--quick] [--rooms 1000] [--watched 100] [--batches 5] [--idle 20]
 *
 * Each run has an agent that says hello and sends batches of ten events; some have a viewer too. Then nothing is sent for `--idle` seconds:
 * rooms hibernate after ten, with their sockets open. Then every socket closes, and as long again goes by.
 * At last as many other runs come: what workerd kept of the first ones it uses again, or it does not.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ACK_EVERY_BYTES, BATCHED_SUBPROTOCOL } from "../../protocol/index.ts";
import { clock } from "../support/clock.ts";
import { Crowd } from "../support/crowd.ts";
import type { Door } from "../support/crowd-messages.ts";
import { benchEvents } from "../support/events.ts";
import { markdown, shown } from "../support/figures.ts";
import { processorMicroseconds, residentKibibytes } from "../support/linux.ts";
import { agentProducer, type Producer } from "../support/producer.ts";
import { startRuncast } from "../support/relays.ts";

const SIZES = {
  full: { rooms: "1000", watched: "100", batches: "5", idle: "20" },
  quick: { rooms: "20", watched: "5", batches: "2", idle: "0.2" },
};
/** Agents that connect at the same time. */
const CONNECTING = 20;
const BATCH_EVENTS = 10;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    rooms: { type: "string" },
    watched: { type: "string" },
    batches: { type: "string" },
    idle: { type: "string" },
  },
});
const given = { ...SIZES[values.quick ? "quick" : "full"], ...values };
const rooms = Number(given.rooms);
const watched = Number(given.watched);
const events = Number(given.batches) * BATCH_EVENTS;
const idle_ms = Number(given.idle) * 1000;

type Stage = { stage: string; resident_kib: number; kib_a_room: number; cpu_ms: number };

const { relay, ws, pid } = await startRuncast();
const crowd = new Crowd();
const agentToken = await relay.token("agent", "*");
const viewerToken = await relay.token("viewer", "*");
const agents = new Map<string, Producer>();
const stages: Stage[] = [];

/** Notes memory and processor time at the end of a stage. */
function note(stage: string): void {
  const resident_kib = residentKibibytes(pid);
  const before = stages[0]?.resident_kib ?? resident_kib;
  stages.push({ stage, resident_kib, kib_a_room: (resident_kib - before) / rooms, cpu_ms: processorMicroseconds(pid) / 1000 });
}

/** Runs that nobody had before, with their agents and viewers. @returns events counted by viewers, and rooms made a second */
async function wave(prefix: string): Promise<{ delivered: number; created_per_second: number }> {
  const runs = Array.from({ length: rooms }, (_, index) => `${prefix}-${index}`);
  const began = clock();
  await each(runs, create);
  const created_per_second = (rooms / (clock() - began)) * 1000;
  for (const run of runs.slice(0, watched)) await crowd.resize(crowd.size + 1, door(run));
  const received = await crowd.expect(events);
  const producing = each([...agents.values()], produce);
  const delivered = watched === 0 ? 0 : (await received()).events;
  await producing;
  return { delivered, created_per_second };
}

async function create(run: string): Promise<void> {
  agents.set(run, await agentProducer(`${ws}/runs/${run}/agent`, agentToken));
}

async function produce(producer: Producer): Promise<void> {
  for (let sent = 0; sent < events; sent += BATCH_EVENTS) producer.send(benchEvents(BATCH_EVENTS, sent));
  await producer.settled();
}

function door(run: string): Door {
  return {
    url: `${ws}/runs/${run}/ws?replay=0`,
    subprotocols: [BATCHED_SUBPROTOCOL],
    headers: { Authorization: `Bearer ${viewerToken}` },
    welcomed: true,
    ack_every_bytes: ACK_EVERY_BYTES,
  };
}

async function everybodyLeaves(): Promise<void> {
  for (const agent of agents.values()) agent.close();
  agents.clear();
  await crowd.resize(0, door("first"));
}

/** Each once, a few at a time. */
async function each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const one = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: CONNECTING }, one));
}

try {
  // What the first run of all makes workerd load is not the price of a room.
  await create("first");
  await each([...agents.values()], produce);
  await everybodyLeaves();
  note("before");
  const first = await wave("first-wave");
  note("in use");
  await delay(idle_ms);
  note("asleep, every socket open");
  await everybodyLeaves();
  await delay(idle_ms);
  note("left by all");
  const second = await wave("second-wave");
  note("as many others in use");

  const listed = await fetch(`${relay.url}/api/runs`, { headers: { Authorization: `Bearer ${viewerToken}` } });
  const { runs: known } = (await listed.json()) as { runs: unknown[] };
  const result = { rooms, watched, events, waves: [first, second], listed: known.length, stages };
  console.log(values.json ? JSON.stringify(result) : report(first.created_per_second));
} finally {
  crowd.end();
  await relay.stop();
}

function report(perSecond: number): string {
  const table = markdown(
    ["stage", "MiB", "KiB a room", "CPU ms a room since the stage before"],
    stages.map(({ stage, resident_kib, kib_a_room, cpu_ms }, index) => {
      const before = stages[index - 1];
      return [
        stage,
        shown(resident_kib / 1024),
        shown(before ? kib_a_room : Number.NaN),
        shown(before ? (cpu_ms - before.cpu_ms) / rooms : Number.NaN),
      ];
    }),
  );
  return `${rooms} rooms, ${events} events each, ${watched} with a viewer; ${shown(perSecond)} created a second\n\n${table}`;
}
