import type { StoragePort } from "../../../worker/run/storage/sql-port.ts";
import { compare } from "./compare.ts";
import { Producer } from "./producer.ts";
import { type Random, random, weighted } from "./random.ts";
import { Watcher } from "./viewer.ts";
import { World } from "./world.ts";

const DAY_MS = 24 * 3600 * 1000;

/** Everybody who takes part in one play. */
type Cast = { world: World; producer: Producer; viewers: Watcher[]; asked: Set<string>; taken: Set<string>; step: number };

/** One kind of step: how often it comes, and what it does. */
type Step = { name: string; weight: number; take: (cast: Cast, dice: Random) => void };

const FILTERS: readonly (readonly string[])[] = [
  ["*"],
  ["log"],
  ["training_status", "command_status"],
  ["unheard_of"],
  ["agent_status", "log"],
  [],
];

const STEPS: readonly [Step, ...Step[]] = [
  { name: "the trainer tells something", weight: 12, take: ({ producer }, dice) => producer.produce(1 + dice.below(5), false) },
  { name: "the trainer tells something large", weight: 1, take: ({ producer }, dice) => producer.produce(1 + dice.below(4), true) },
  { name: "the agent sends", weight: 14, take: send },
  {
    name: "the agent connects",
    weight: 3,
    take: ({ producer }, dice) => (producer.wire === null || dice.chance(0.3) ? producer.connect() : undefined),
  },
  { name: "the agent's connection breaks", weight: 1, take: ({ producer }, dice) => producer.wire?.cutByPeer(dice.below(4)) },
  { name: "the agent begins anew", weight: 0.5, take: ({ producer }) => producer.loseSpool() },
  {
    name: "the agent answers a command",
    weight: 3,
    take: ({ producer }, dice) => producer.answerCommand(dice.chance(0.7) ? "applied" : "failed"),
  },
  { name: "something arrives at the room", weight: 30, take: arriveAtRoom },
  { name: "something arrives at a peer", weight: 30, take: arriveAtPeer },
  {
    name: "a viewer connects",
    weight: 6,
    take: ({ viewers }, dice) => dice.pick(viewers.filter((viewer) => viewer.wire === null || dice.chance(0.1)))?.connect(),
  },
  { name: "a viewer's connection breaks", weight: 2, take: ({ viewers }, dice) => dice.pick(viewers)?.wire?.cutByPeer(dice.below(3)) },
  { name: "a viewer acknowledges", weight: 6, take: ({ viewers }, dice) => dice.pick(viewers)?.acknowledge() },
  { name: "a viewer changes its filter", weight: 2, take: ({ viewers }, dice) => dice.pick(viewers)?.subscribe(dice.pick(FILTERS) ?? []) },
  { name: "an operator asks for something", weight: 3, take: askForSomething },
  { name: "the object hibernates", weight: 4, take: ({ world }) => world.hibernate() },
  { name: "the object crashes", weight: 1.5, take: ({ world }, dice) => world.crash(() => dice.below(4)) },
  { name: "the disk fails", weight: 1, take: breakDisk },
  { name: "a moment passes", weight: 8, take: ({ world }, dice) => world.pass(dice.below(3000)) },
  { name: "a minute passes", weight: 2, take: ({ world }, dice) => world.pass(dice.below(80_000)) },
  { name: "days pass", weight: 0.2, take: daysPass },
];

/** What was played, step by step, and how it ended. */
export type Played = { diary: string[]; failure: string | null };

/**
 * Plays one seed over an empty storage. Each step has dice of its own, so that leaving one out leaves the others as they are.
 * @param steps which steps of the seed are taken, by index
 */
export function play(storage: StoragePort, seed: number, steps: readonly number[]): Played {
  const dice = random(seed);
  const world = new World(storage);
  const taken = new Set<string>();
  const viewers = Array.from({ length: 1 + dice.below(4) }, (_, i) => {
    const mode = dice.chance(0.6) ? "batched" : "plain";
    return new Watcher(
      world,
      random(seed * 31 + i),
      `viewer ${i} (${mode})`,
      mode,
      dice.chance(0.5) ? ["*"] : (dice.pick(FILTERS) ?? []),
      taken,
    );
  });
  const cast: Cast = { world, producer: new Producer(world, random(seed * 17)), viewers, asked: new Set(), taken, step: 0 };
  try {
    for (const index of steps) {
      cast.step = index;
      const own = random(Math.imul(seed, 1_000_003) + index);
      const step = weighted(STEPS, own);
      world.diary.push(`${index} ${step.name}`);
      world.pass(1 + own.below(50));
      step.take(cast, own);
    }
    world.diary.push("everything comes to rest");
    settle(cast);
    world.look();
    const { room } = world;
    if (room.core.log.tail.events > 0) throw new Error("a flushed tail is not stored");
    const { records, last, watching } = {
      records: room.commands.records(),
      last: room.core.log.lastOffset,
      watching: room.core.viewers.count,
    };
    compare({ log: world.stored, last, records, watching }, cast);
    return { diary: world.diary, failure: null };
  } catch (error) {
    return { diary: world.diary, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** Now and then a frame comes twice, or before one that should come first. */
function send({ producer }: Cast, dice: Random): void {
  producer.send(1 + dice.below(6), dice.chance(0.3));
  if (dice.chance(0.15)) producer.sendFrom(-1 - dice.below(3), dice.chance(0.3));
  if (dice.chance(0.1)) producer.sendFrom(1 + dice.below(2), dice.chance(0.3));
}

function arriveAtRoom({ world }: Cast, dice: Random): void {
  const wire = dice.pick(world.wires.filter(({ toRoom }) => toRoom.length > 0));
  for (let count = 1 + dice.below(3); wire && count > 0; count--) world.arrive(wire);
}

function arriveAtPeer({ producer, viewers }: Cast, dice: Random): void {
  const peer = dice.pick([producer, ...viewers].filter(({ wire }) => wire !== null && wire.toPeer.length > 0));
  for (let count = 1 + dice.below(4); peer && count > 0; count--) peer.arrive();
}

function askForSomething({ world, viewers, asked, taken, step }: Cast, dice: Random): void {
  const again = dice.chance(0.2) ? dice.pick([...asked]) : undefined;
  const id = again ?? `c${step}`;
  asked.add(id);
  if (dice.chance(0.5)) dice.pick(viewers)?.command(id);
  else if (world.command({ id, command: "backup" })) taken.add(id);
}

function breakDisk({ world }: Cast, dice: Random): void {
  if (dice.chance(0.4)) world.disk.refusesCommit = true;
  else world.disk.failsAfter = dice.below(4);
}

function daysPass({ world }: Cast, dice: Random): void {
  world.look();
  world.pass(DAY_MS * (1 + dice.below(8)));
}

/** Everybody comes back, everything arrives, and everything that has a time limit meets it. */
function settle(cast: Cast): void {
  const { world, producer } = cast;
  world.disk.repair();
  calm(cast);
  // Commands end, and an agent that was called offline is heard again.
  for (let i = 0; i < 9; i++) {
    world.pass(10_000);
    producer.wire?.send({ type: "ping", timestamp: i });
    calm(cast);
  }
  producer.produce(1, false);
  calm(cast);
}

/** Until nothing is on its way any more. */
function calm({ world, producer, viewers }: Cast): void {
  const peers = [producer, ...viewers];
  for (let round = 0; round < 1000; round++) {
    for (const peer of peers) if (peer.wire === null || !peer.wire.openAtPeer) peer.connect();
    if (producer.waiting > 0) producer.send(50, true);
    const toRoom = world.wires.filter((wire) => wire.toRoom.length > 0);
    for (const wire of toRoom) while (wire.toRoom.length > 0) world.arrive(wire);
    const heard = peers.filter(({ wire }) => wire !== null && wire.toPeer.length > 0);
    for (const peer of heard) while (peer.wire && peer.wire.toPeer.length > 0) peer.arrive();
    for (const viewer of viewers) if (heard.includes(viewer)) viewer.acknowledge();
    if (toRoom.length + heard.length === 0 && peers.every(({ wire }) => wire?.openAtPeer)) return;
  }
  throw new Error("it does not come to rest");
}

/**
 * Leaves out as many steps as it can while the play still fails.
 * @param fails plays the steps that it is given, over a new storage
 * @returns the steps that are left
 */
export async function shrink(fails: (steps: readonly number[]) => Promise<boolean>, steps: readonly number[]): Promise<readonly number[]> {
  let kept = steps;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const without = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (await fails(without)) kept = without;
      else from += size;
    }
  }
  return kept;
}
