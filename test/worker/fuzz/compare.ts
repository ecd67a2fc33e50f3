import type { CommandRecord } from "../../../protocol/index.ts";
import { demandFor } from "../../../worker/run/producer/demand.ts";
import type { Producer } from "./producer.ts";
import type { Watcher } from "./viewer.ts";

/** What the room has when everything has come to rest. */
export type Kept = {
  /** Every event that was ever stored, by offset, in order. */
  log: ReadonlyMap<number, string>;
  last: number;
  records: readonly CommandRecord[];
  /** Viewers that are connected. */
  watching: number;
};

type Told = Record<string, unknown> & { type: string };
type Stored = { offset: number; event: Told };

/** Who took part. `taken`: ids of commands that the room has answered for. */
export type Taking = { producer: Producer; viewers: readonly Watcher[]; taken: ReadonlySet<string> };

/**
 * Compares what was produced with what the room has and with what each viewer holds: nothing lost, doubled, out of order or changed.
 * @throws Error that says what is wrong
 */
export function compare({ log, last, records, watching }: Kept, { producer, viewers, taken }: Taking): void {
  const events = [...log].map(([offset, json]) => ({ offset, event: JSON.parse(json) as Told }));
  const of = (type: string) => events.filter(({ event }) => event.type === type);
  compareProduced(
    events.filter(({ event }) => event.type !== "command_status" && event.type !== "agent_status"),
    producer,
  );
  compareLink(of("agent_status"));
  compareCommands(of("command_status"), records, taken);
  const { mode } = demandFor(watching);
  if (producer.demand?.mode !== mode) throw new Error(`the agent was told ${producer.demand?.mode}, it is ${mode}`);
  for (const viewer of viewers) {
    viewer.check(log, last);
    const at = viewer.position?.offset;
    if (viewer.mode === "batched" && viewer.names.includes("*") && at !== last) throw new Error(`${viewer.name} is at ${at} of ${last}`);
  }
}

/** PR1, PR2: each event once, in the order of its life, and all that were acknowledged. */
function compareProduced(events: readonly Stored[], producer: Producer): void {
  const offsets = new Map<string, number>();
  const lives = new Map<string, number>();
  for (const { offset, event } of events) {
    const name = event.name as string;
    if (offsets.has(name)) throw new Error(`${name} is in the log at ${offsets.get(name)} and at ${offset}`);
    offsets.set(name, offset);
    const [life, seq] = name.split(":") as [string, string];
    if (Number(seq) !== (lives.get(life) ?? 0) + 1) throw new Error(`in the log ${life} goes on from ${lives.get(life)} with ${seq}`);
    lives.set(life, Number(seq));
  }
  for (const name of producer.durable) if (!offsets.has(name)) throw new Error(`${name} was acknowledged and is not in the log`);
}

/** HL2: the agent's link is told on change only, and in the end it is here. */
function compareLink(events: readonly Stored[]): void {
  let connected: unknown = null;
  for (const { offset, event } of events) {
    if (event.connected === connected) throw new Error(`at ${offset} the agent is called connected=${String(connected)} again`);
    connected = event.connected;
  }
  if (connected !== true) throw new Error("the agent is here and called offline");
}

/** CM1: every state is an event, once, and there is one terminal state. */
function compareCommands(events: readonly Stored[], records: readonly CommandRecord[], taken: ReadonlySet<string>): void {
  const states = new Map<string, string[]>();
  for (const { event } of events) {
    const id = event.command_id as string;
    states.set(id, [...(states.get(id) ?? []), event.state as string]);
  }
  for (const { id, state } of records) {
    const said = states.get(id) ?? [];
    const allowed = said[0] === "queued" && said.at(-1) === state && said.length === (said[1] === "delivered" ? 3 : 2);
    if (!allowed) throw new Error(`the command ${id} is ${state}; in the log it was ${said.join(", ")}`);
    states.delete(id);
  }
  if (states.size > 0) throw new Error(`nobody asked for the commands ${[...states.keys()].join(", ")}`);
  const known = new Set(records.map(({ id }) => id));
  for (const id of taken) if (!known.has(id)) throw new Error(`the command ${id} was taken and is forgotten`);
}
