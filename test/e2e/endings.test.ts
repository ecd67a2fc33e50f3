import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Connection, connect, type RunEvent } from "../../client/index.ts";
import type { RunDetail } from "../../protocol/index.ts";
import { childrenOf, type Process } from "../support/processes.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { until } from "../support/until.ts";
import { runcast, type Started, trainer } from "./support/runcast.ts";

/** HL1, HL2: how a run can end, and what a viewer is shown in each case; the table in SPEC.md. */

let relay: Relay;
const folder = temporaryFolder();
const figures: string[] = [];
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  folder.remove();
  console.info(["until it was shown:", ...figures].join("\n  "));
});

type Scene = {
  run: string;
  started: Started;
  trainer: Process;
  agent: Process;
  /** Statuses and words about the agent's link, as they were shown, the newest last. */
  shown: string[];
  detail(): Promise<RunDetail>;
  connection: Connection;
};

function words(event: RunEvent): string[] {
  if (event.type === "training_status") return [event.status];
  if (event.type === "agent_status") return [event.connected ? "agent online" : "agent offline"];
  return [];
}

/** A run that a viewer watches, a few steps in. */
async function scene(run: string, recording = "full", least = 2): Promise<Scene> {
  const env = { RUNCAST_RELAY: relay.url, RUNCAST_TOKEN: await relay.token("agent", run) };
  const started = runcast(["run", "--run", run, ...trainer(recording, "--speed", "2")], folder.path, env);
  const token = await relay.token("viewer", run);
  const detail = async () => {
    const answer = await fetch(`${relay.url}/api/runs/${run}`, { headers: { Authorization: `Bearer ${token}` } });
    return (answer.ok ? await answer.json() : null) as RunDetail;
  };
  const child = (what: string, is: (command: string) => boolean) =>
    until(() => childrenOf(started.child.pid).find(({ command }) => is(command)), { what });
  const processes = {
    trainer: await child("the trainer", (command) => command.includes("train.py")),
    agent: await child("the agent", (command) => !command.includes("train.py")),
  };
  await until(async () => (await detail()) !== null, { what: "the run" });
  const shown: string[] = [];
  let steps = 0;
  const onEvent = (event: RunEvent) => {
    for (const word of words(event)) if (shown.at(-1) !== word) shown.push(word);
    if (event.type === "training_progress") steps = event.global_step ?? 0;
  };
  const connection = connect({ url: relay.url, run, token, WebSocket, onEvent });
  await until(() => steps >= least, { what: "steps", timeout_ms: 30_000 });
  return { run, started, ...processes, shown, detail, connection };
}

/** Waits until the viewer is shown something, and keeps how long that took. */
async function shows({ run, shown }: Scene, word: string, since: number, timeout_ms = 40_000): Promise<void> {
  await until(() => shown.at(-1) === word, { what: `${word} for ${run}`, timeout_ms });
  figures.push(`${run}: ${word} after ${((performance.now() - since) / 1000).toFixed(1)} s`);
}

describe.concurrent("a run ends", () => {
  test("HL2 cleanly: completed, and then that the agent has gone, which is no fault", async () => {
    const at = await scene("ends-clean");
    expect((await at.started.exited).code).toBe(0);
    const ended = performance.now();
    await shows(at, "agent offline", ended);
    expect(at.shown.slice(-2)).toEqual(["completed", "agent offline"]);
    expect((await at.detail()).snapshot).toMatchObject({
      agent_status: { connected: false, reason: "the agent has ended" },
      health: { agent: { connected: false }, trainer: { status: "completed", error: null } },
    });
    at.connection.close();
  });

  test("HL2 with NaN: an error that says so", async () => {
    const at = await scene("ends-nan", "nan", 0);
    expect((await at.started.exited).code).toBe(1);
    await until(async () => (await at.detail()).snapshot.training_status?.status === "error", { what: "the error" });
    expect((await at.detail()).snapshot.health.trainer.error).toContain("NaN");
    at.connection.close();
  });

  test("HL2 by kill -9 of the trainer: an error that names the signal, at once", async () => {
    const at = await scene("ends-trainer-killed");
    process.kill(at.trainer.pid, "SIGKILL");
    const killed = performance.now();
    await until(() => at.shown.includes("error"), { what: "the error" });
    figures.push(`${at.run}: error after ${((performance.now() - killed) / 1000).toFixed(1)} s`);
    expect((await at.started.exited).code).toBe(137);
    expect((await at.detail()).snapshot.health.trainer).toMatchObject({ status: "error", error: expect.stringContaining("SIGKILL") });
    at.connection.close();
  });

  test("HL2 not, by kill -9 of the agent: another one goes on, and nobody is told of an end", async () => {
    const at = await scene("agent-killed");
    process.kill(at.agent.pid, "SIGKILL");
    expect((await at.started.exited).code).toBe(0);
    await until(() => at.shown.includes("completed"), { what: "the end" });
    expect(at.shown.filter((word) => word === "agent offline" || word === "error").slice(0, -1)).toEqual([]);
    at.connection.close();
  });

  test("HL2 with the power: the agent is offline since then, the trainer's last word stands, and nothing is called a crash", async () => {
    const at = await scene("power-lost");
    for (const pid of [at.started.child.pid, at.agent.pid, at.trainer.pid]) process.kill(Number(pid), "SIGKILL");
    const lost = performance.now();
    const before = at.shown.length;
    await shows(at, "agent offline", lost);
    expect(at.shown.slice(before)).toEqual(["agent offline"]);
    const { snapshot } = await at.detail();
    expect(snapshot.health).toMatchObject({ agent: { connected: false, since: expect.any(String) }, trainer: { status: "running" } });
    expect(JSON.stringify(snapshot.agent_status)).not.toMatch(/crash/i);
    at.connection.close();
  });
});
