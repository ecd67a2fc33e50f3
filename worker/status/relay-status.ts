import type { Role, RunSummary } from "../../protocol/index.ts";
import type { Grant } from "../auth/grant.ts";
import type { Env } from "../env.ts";
import { upgradeFigures } from "../http/upgrade-limit.ts";
import { directoryOf, roomOf } from "../rooms.ts";
import type { RoomStatus } from "../run/room.ts";

/** Runs asked at once: those that have somebody connected, of the newest this many. */
const ASKED_MAX = 50;

export type RelayStatus = {
  connections: Record<Role, number>;
  /** Of the newest run. */
  training_state: string | null;
  upgrades: { limit_per_minute: number; refused: number };
  /** In the order of the list of runs. A run may be called `__proto__`, so these are no object's properties. */
  runs: ReadonlyMap<string, RoomStatus>;
};

/** What the relay knows of itself, of the grant's own runs that have somebody connected. Each of these is asked, and wakes for it. */
export async function relayStatus(env: Env, grant: Grant): Promise<RelayStatus> {
  const listed = (await directoryOf(env).list(grant, ASKED_MAX)).map((text) => JSON.parse(text) as RunSummary);
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
  return { connections, training_state: listed[0]?.status ?? null, upgrades: upgradeFigures(), runs };
}
