import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import { type Connection, connect, type RunEvent } from "../../client/index.ts";
import { childrenOf } from "../support/processes.ts";
import { recordedScalars } from "../support/recordings.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { until } from "../support/until.ts";
import { allEvents, scalarsOf, upTo } from "./support/events.ts";
import { runcast, type Started, trainer } from "./support/runcast.ts";

let relay: Relay;
const folder = temporaryFolder();
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  folder.remove();
});

/** A viewer of the TypeScript client that stays, and what it was given. */
async function watcher(run: string): Promise<{ connection: Connection; events: RunEvent[]; sockets: NodeWebSocket[] }> {
  const events: RunEvent[] = [];
  const sockets: NodeWebSocket[] = [];
  const connection = connect({
    url: relay.url,
    run,
    token: await relay.token("viewer", run),
    WebSocket: class extends NodeWebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    },
    onEvent: (event) => events.push(event),
  });
  return { connection, events, sockets };
}

type Watched = Started & { viewer: Awaited<ReturnType<typeof watcher>> };

/** Starts the stand-in trainer, at twice the speed of the real run: about ten seconds. A viewer watches from the beginning. */
async function start(run: string): Promise<Watched> {
  const env = { RUNCAST_RELAY: relay.url, RUNCAST_TOKEN: await relay.token("agent", run) };
  const started = runcast(["run", "--run", run, ...trainer("full", "--speed", "2")], folder.path, env);
  const headers = { Authorization: `Bearer ${await relay.token("viewer", run)}` };
  await until(async () => (await fetch(`${relay.url}/api/runs/${run}`, { headers })).ok, { what: "the run" });
  const viewer = await watcher(run);
  await until(() => viewer.events.some((event) => event.type === "training_progress" && (event.global_step ?? 0) >= 2), {
    what: "the second step",
    timeout_ms: 30_000,
  });
  return { ...started, viewer };
}

function hasEnded(events: readonly RunEvent[]): boolean {
  return events.some((event) => event.type === "training_status" && event.status === "completed");
}

function statusOf(events: readonly RunEvent[]): string | undefined {
  return events.findLast((event) => event.type === "training_status")?.status;
}

/** What the run must look like afterwards, whatever was killed. */
async function expectWhole(run: string): Promise<void> {
  const events = await allEvents(relay, run);
  expect(events.map((event) => event.offset)).toEqual(upTo(events.length));
  expect(scalarsOf(events)).toEqual(recordedScalars("full"));
  expect(events.filter((event) => event.type === "sample_generated")).toHaveLength(7);
  expect(events.filter((event) => event.type === "training_status").at(-1)).toMatchObject({ status: "completed" });
}

// Each has a run of its own, which takes its ten seconds whatever is done meanwhile.
describe.concurrent("kill -9 during a run", () => {
  test("PR4 of the agent: training goes on, another agent takes over, nothing is lost or doubled", async () => {
    const run = "kill-agent";
    const started = await start(run);
    const agent = await until(() => childrenOf(started.child.pid).find(({ command }) => !command.includes("train.py")), {
      what: "the agent",
    });
    process.kill(agent.pid, "SIGKILL");
    expect((await started.exited).code).toBe(0);
    started.viewer.connection.close();
    await expectWhole(run);
  });

  test.each(["before", "just after"])("CM1 of the agent, %s it is given a command: that is carried out once, and says so", async (when) => {
    const run = `kill-agent-${when.replace(" ", "-")}`;
    const started = await start(run);
    const agent = await until(() => childrenOf(started.child.pid).find(({ command }) => !command.includes("train.py")), {
      what: "the agent",
    });
    const headers = { Authorization: `Bearer ${await relay.token("operator", run)}`, "Content-Type": "application/json" };
    const ask = () =>
      fetch(`${relay.url}/api/runs/${run}/commands`, { method: "POST", headers, body: JSON.stringify({ id: "once", command: "save" }) });
    if (when === "before") process.kill(agent.pid, "SIGKILL");
    expect((await ask()).status).toBe(202);
    if (when === "just after") process.kill(agent.pid, "SIGKILL");
    expect((await ask()).status).toBe(202);
    expect((await started.exited).code).toBe(0);
    started.viewer.connection.close();
    const states = (await allEvents(relay, run)).filter((event) => event.type === "command_status").map((event) => event.state);
    expect(states).toEqual(["queued", "delivered", "applied"]);
  });

  test("CM3 of the agent while the run is paused: it stays so, and goes on at the same step when the next one brings a resume", async () => {
    const run = "kill-agent-paused";
    const started = await start(run);
    const headers = { Authorization: `Bearer ${await relay.token("operator", run)}`, "Content-Type": "application/json" };
    const ask = (command: string) =>
      fetch(`${relay.url}/api/runs/${run}/commands`, { method: "POST", headers, body: JSON.stringify({ id: command, command }) });
    const became = (command: string) =>
      until(
        () =>
          started.viewer.events.findLast(
            (event) => event.type === "command_status" && event.command_id === command && event.state === "applied",
          ),
        { what: `${command} to be applied`, timeout_ms: 20_000 },
      );
    await ask("pause");
    const paused = await became("pause");
    await until(() => statusOf(started.viewer.events) === "paused", { what: "the status" });
    const agent = await until(() => childrenOf(started.child.pid).find(({ command }) => !command.includes("train.py")), {
      what: "the agent",
    });
    process.kill(agent.pid, "SIGKILL");
    await ask("resume");
    const resumed = await became("resume");
    expect(resumed).toMatchObject({ global_step: (paused as { global_step?: number }).global_step });
    expect((await started.exited).code).toBe(0);
    started.viewer.connection.close();
    await expectWhole(run);
  });

  test("VW3 of a viewer's socket: it resumes where it was", async () => {
    const run = "cut-viewer";
    const started = await start(run);
    const { viewer } = started;
    viewer.sockets.at(-1)?.terminate();
    expect((await started.exited).code).toBe(0);
    await until(() => hasEnded(viewer.events), { what: "the end" });
    viewer.connection.close();
    expect(viewer.sockets.length).toBeGreaterThan(1);
    const first = viewer.events[0]?.offset ?? 0;
    expect(viewer.events.map((event) => event.offset)).toEqual(upTo(viewer.events.length).map((n) => n + first - 1));
    await expectWhole(run);
  });

  test("PR6 of the launcher: the trainer runs to its end all the same", async () => {
    const run = "kill-launcher";
    const started = await start(run);
    started.child.kill("SIGKILL");
    await until(() => hasEnded(started.viewer.events), { what: "the end of the training", timeout_ms: 30_000 });
    started.viewer.connection.close();
    await expectWhole(run);
  });
});

// The others share it.
describe("kill -9 of the relay during a run", () => {
  test("PR1 of the relay: everything comes back by itself, and a viewer has every event once", async () => {
    const run = "kill-relay";
    const started = await start(run);
    const { viewer } = started;
    await relay.kill9();
    await relay.restart();
    expect((await started.exited).code).toBe(0);
    await expectWhole(run);
    await until(() => hasEnded(viewer.events), { what: "the end" });
    viewer.connection.close();
    const offsets = viewer.events.map((event) => event.offset ?? 0);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(new Set(offsets).size).toBe(offsets.length);
  });
});
