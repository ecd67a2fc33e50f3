import { type Role, type RoomStatus, type RunSummary, STATUS_RUNS_MAX } from "../../protocol/index.ts";
import type { Grant } from "../auth/grant.ts";
import type { Env } from "../env.ts";
import { upgradeFigures } from "../http/upgrade-limit.ts";
import { directoryOf, roomOf } from "../rooms.ts";

export type RelayFigures = {
  connections: Record<Role, number>;
  /** Of the newest run. */
  training_state: string | null;
  upgrades: { limit_per_minute: number; refused: number };
  /** The newest runs, also those that sleep, as their rooms told the directory last. */
  listed: readonly RunSummary[];
  /** In the order of the list of runs. A run may be called `__proto__`, so these are no object's properties. */
  runs: ReadonlyMap<string, RoomStatus>;
};

/** What the relay knows of itself, of the newest of the grant's own runs. Those that have somebody connected are asked, and wake for it. */
export async function relayFigures(env: Env, grant: Grant): Promise<RelayFigures> {
  const listed = (await directoryOf(env).list(grant, STATUS_RUNS_MAX, null)).map((text) => JSON.parse(text) as RunSummary);
  const connected = listed.filter(({ agent_connected, viewers }) => agent_connected || viewers > 0);
  const answers = await Promise.all(connected.map(async ({ run }) => ({ run, figures: await roomOf(env, run).status() })));
  const runs = new Map<string, RoomStatus>();
  const connections: Record<Role, number> = { viewer: 0, operator: 0, agent: 0, owner: 0 };
  for (const { run, figures } of answers) {
    if (figures === null) continue;
    const status = JSON.parse(figures) as RoomStatus;
    runs.set(run, status);
    for (const role of Object.keys(connections) as Role[]) connections[role] += status.connections[role];
  }
  return { connections, training_state: listed[0]?.status ?? null, upgrades: upgradeFigures(), listed, runs };
}
