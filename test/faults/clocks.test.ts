import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandRecord, RunDetail } from "../../protocol/index.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { startBurst } from "./support/burst-process.ts";
import { healed, judge, seat } from "./support/scene.ts";
import { train } from "./support/training.ts";
import { newestOf } from "./support/viewers.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

const HOUR_MS = 3_600_000;
const SKEWED_CLOCK = fileURLToPath(new URL("support/skewed-clock.ts", import.meta.url));

async function ask<T>(path: string, run: string, init: RequestInit = {}): Promise<T> {
  const headers = { authorization: `Bearer ${await relay.token("operator", run)}`, "content-type": "application/json" };
  return (await (await fetch(`${relay.url}${path}`, { ...init, headers })).json()) as T;
}

describe.concurrent("the agent's clock and the relay's", () => {
  test.each([
    ["an hour ahead", HOUR_MS],
    ["an hour behind", -HOUR_MS],
  ])("HL1 CM1 differ, %s: its own tokens are good, commands are carried out, health is told by the relay's clock", async (words, skew) => {
    const run = words.replaceAll(" ", "-");
    const began = Date.now();
    const training = await train(relay, run, {
      trainer: "obedient",
      env: { RUNCAST_SECRET: relay.secret, NODE_OPTIONS: `--import=${SKEWED_CLOCK}`, CLOCK_SKEW_MS: String(skew) },
    });
    const viewers = await seat(relay, run);
    await until(() => viewers.every((viewer) => newestOf(viewer, "main") > 50), { what: "events" });

    const { snapshot } = await ask<RunDetail>(`/api/runs/${run}`, run);
    const { connected, since, last_heard } = snapshot.health.agent;
    expect(connected).toBe(true);
    for (const told of [since, last_heard]) {
      expect(Date.parse(told ?? "")).toBeGreaterThanOrEqual(began);
      expect(Date.parse(told ?? "")).toBeLessThanOrEqual(Date.now());
    }
    const line = viewers[0]?.held.findLast(({ mark }) => mark !== null)?.text ?? "{}";
    expect(Math.abs(Date.parse(JSON.parse(line).timestamp) - Date.now() - skew)).toBeLessThan(HOUR_MS / 2);
    // The trainer's own clock is not skewed here, as it would be on one machine: where its word is a batch's newest, the figure takes a while.
    const latency_ms = await until(
      async () => {
        const status = await ask<{ runs: Record<string, { latency_ms: number }> }>("/api/ws/status", run);
        const told = status.runs[run]?.latency_ms ?? Number.NaN;
        return Math.abs(told) < HOUR_MS / 60 && `${told}`;
      },
      { what: "a latency without the difference of the clocks", timeout_ms: 20_000 },
    );

    const id = `stop-${run}`;
    await ask(`/api/runs/${run}/commands`, run, { method: "POST", body: JSON.stringify({ id, command: "stop" }) });
    const commands = await until(
      async () => {
        const answer = await ask<{ commands: CommandRecord[] }>(`/api/runs/${run}/commands`, run);
        return answer.commands.some(({ state }) => state !== "queued" && state !== "delivered") && answer.commands;
      },
      { what: "what became of the command" },
    );
    expect(commands).toMatchObject([{ id, state: "applied", error: null }]);
    expect((await training.exited).code).toBe(0);
    const produced = { main: training.produced() };
    await judge({ fault: `agent's clock ${words}`, relay, run, produced, viewers, heal_ms: null, note: `latency told: ${latency_ms} ms` });
  });

  test("PR4 the agent's clock is set back an hour during a run, and forward again: nothing waits for it", async () => {
    const run = "set-back";
    const burst = await startBurst(relay, run);
    const viewers = await seat(relay, run);
    burst.produce();
    const heals: number[] = [];
    for (const skew of [-HOUR_MS, 0]) {
      await until(() => burst.figures().acked > 0 && newestOf(viewers[0] as never, "main") > 100, { what: "events" });
      const fault = performance.now();
      burst.setClock(skew);
      heals.push(await healed(viewers, fault, "main", burst.produced() + 50));
    }
    const produced = await burst.finish();
    await judge({ fault: "agent's clock set back an hour, and forward", relay, run, produced, viewers, heal_ms: Math.max(...heals) });
  });
});
