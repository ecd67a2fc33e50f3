import type { Hono } from "hono";
import { type RelayStatus, type RoomStatus, type RunSummary, UPGRADES_PER_MINUTE } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { route } from "../http/route.ts";
import { directoryOf, roomOf } from "../rooms.ts";
import { refusedUpgrades } from "../status/refused-upgrades.ts";

/** Runs asked at once: those that have somebody connected, of the newest this many. */
const ASKED_MAX = 50;

export function status(app: Hono<AppContext>): void {
  /** Connections, frames, latency, errors, tail and log of the token's own runs that have somebody connected. */
  route(app, "GET /api/ws/status", async (c) => {
    const listed = (await directoryOf(c.env).list(c.get("grant"), ASKED_MAX)).map((text) => JSON.parse(text) as RunSummary);
    const runs: Record<string, RoomStatus> = {};
    await Promise.all(
      listed.map(async ({ run, agent_connected, viewers }) => {
        if (!agent_connected && viewers === 0) return;
        const figures = await roomOf(c.env, run).status();
        if (figures !== null) runs[run] = JSON.parse(figures) as RoomStatus;
      }),
    );
    const connections = { viewer: 0, operator: 0, agent: 0, owner: 0 };
    for (const figures of Object.values(runs)) {
      for (const role of Object.keys(connections) as (keyof typeof connections)[]) connections[role] += figures.connections[role];
    }
    return c.json<RelayStatus>({
      active_connections: Object.values(connections).reduce((sum, count) => sum + count, 0),
      connections,
      training_state: listed[0]?.status ?? null,
      upgrades: { limit_per_minute: UPGRADES_PER_MINUTE, refused: refusedUpgrades() },
      runs,
    });
  });
}
