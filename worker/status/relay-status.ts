import { type RelayStatus, type RoomStatus, type RunSummary, STATUS_RUNS_MAX, UPGRADES_PER_MINUTE } from "../../protocol/index.ts";
import type { RunScope } from "../auth/grant.ts";
import type { Env } from "../env.ts";
import { directoryOf, roomOf } from "../rooms.ts";
import { refusedUpgrades } from "./refused-upgrades.ts";

export type RelayFigures = {
  /** The newest runs, {@link STATUS_RUNS_MAX} at most. */
  readonly listed: readonly RunSummary[];
  /** Those of them that have somebody connected: to ask the others would wake them. */
  readonly rooms: Readonly<Record<string, RoomStatus>>;
  readonly upgrades: RelayStatus["upgrades"];
};

/** What is known and in memory of the runs that a token reaches. */
export async function readFigures(env: Env, scope: RunScope): Promise<RelayFigures> {
  const listed = (await directoryOf(env).list(scope, STATUS_RUNS_MAX)).map((text) => JSON.parse(text) as RunSummary);
  const asked = listed.filter(({ agent_connected, viewers }) => agent_connected || viewers > 0);
  const told = await Promise.all(asked.map(({ run }) => tellRun(env, run)));
  return {
    listed,
    // Not by assignment: a run may be called `__proto__`.
    rooms: Object.fromEntries(told.flat()),
    upgrades: { limit_per_minute: UPGRADES_PER_MINUTE, refused: refusedUpgrades() },
  };
}

export function statusOf({ listed, rooms, upgrades }: RelayFigures): RelayStatus {
  const connections = { viewer: 0, operator: 0, agent: 0, owner: 0 };
  for (const figures of Object.values(rooms)) {
    for (const role of Object.keys(connections) as (keyof typeof connections)[]) connections[role] += figures.connections[role];
  }
  return {
    active_connections: Object.values(connections).reduce((sum, count) => sum + count, 0),
    connections,
    training_state: listed[0]?.status ?? null,
    upgrades,
    runs: rooms,
  };
}

/** @returns none for a run that is deleted meanwhile */
async function tellRun(env: Env, run: string): Promise<[string, RoomStatus][]> {
  const figures = await roomOf(env, run).status();
  return figures === null ? [] : [[run, JSON.parse(figures) as RoomStatus]];
}
