import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect, type RunEvent } from "../../client/index.ts";
import { commandList } from "../../protocol/index.ts";
import { inTerminal } from "../agent/support/terminal.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { until } from "../support/until.ts";
import { runcast, type Started, trainer } from "./support/runcast.ts";

const RUN = "steered";

let relay: Relay;
let training: Started;
let viewer: Connection;
const told: RunEvent[] = [];
const folder = temporaryFolder();
beforeAll(async () => {
  relay = await startRelay();
  const env = { RUNCAST_RELAY: relay.url, RUNCAST_TOKEN: await relay.token("agent", RUN) };
  training = runcast(["run", "--run", RUN, ...trainer("full", "--speed", "1")], folder.path, env);
  const token = await relay.token("viewer", RUN);
  const isThere = async () => (await fetch(`${relay.url}/api/runs/${RUN}`, { headers: { Authorization: `Bearer ${token}` } })).ok;
  await until(isThere, { timeout_ms: 30_000, what: "the run" });
  // Somebody who watches: an agent with nobody watching tells what happens every 15 s only.
  viewer = connect({ url: relay.url, run: RUN, token, onEvent: (event) => told.push(event) });
  await until(() => told.some(({ type }) => type === "training_progress"), { timeout_ms: 30_000, what: "the first step" });
});
afterAll(async () => {
  viewer.close();
  training.child.kill("SIGKILL");
  await relay.stop();
  folder.remove();
});

/** Runs `runcast send` with the relay's own secret, or with what `env` says. */
async function send(args: readonly string[], env: Record<string, string> = { RUNCAST_SECRET: relay.secret }) {
  const sent = runcast(["send", ...args], folder.path, { RUNCAST_RELAY: relay.url, ...env });
  const { code } = await sent.exited;
  return { code, stdout: sent.stdout(), stderr: sent.stderr() };
}

const statesOf = (id: string) => told.flatMap((event) => (event.type === "command_status" && event.command_id === id ? [event.state] : []));
const customSamples = () => told.filter((event) => event.type === "sample_generated" && event.prompt === "a red circle, asked for");

test("CM3 a sample with a prompt of its own is applied when its picture is there, and asked again by its id it runs once", async () => {
  const asked = ["sample", "--id", "s1", "--prompt", "a red circle, asked for", "--seed", "7", "--steps", "4"];
  const sent = await send(asked);
  expect(sent.stdout).toMatch(/^sample: queued\nsample: delivered\nsample: applied at step \d+\n$/);
  expect(sent).toMatchObject({ code: 0, stderr: expect.stringMatching(/^runcast: sample for run steered \(.+, step \d+\), id s1\n$/) });
  const again = await send(asked);
  expect(again).toMatchObject({ code: 0, stdout: sent.stdout.replace("sample: queued\nsample: delivered\n", "") });
  await until(() => customSamples().length > 0, { what: "the picture" });
});

test("CM1 watch at a terminal shows the run, pauses and resumes it by a key, and gives the terminal back", async () => {
  const env = { RUNCAST_RELAY: relay.url, RUNCAST_SECRET: relay.secret, TERM: "xterm-256color", NO_COLOR: "1" };
  const watching = inTerminal(["watch", RUN], env);
  await until(() => watching.output().includes("You live"), { what: "the view" });
  const paused = () => told.some((event) => event.type === "training_status" && event.status === "paused");
  watching.type("p");
  await until(() => paused() && watching.output().includes("applied at step"), { what: "the pause" });
  watching.type("p");
  const resumed = () => told.some((event) => event.type === "command_status" && event.command === "resume" && event.state === "applied");
  await until(resumed, { what: "the resume" });
  watching.type("q");
  await watching.closed;
  expect(watching.output()).toContain("\u001b[?25h\u001b[?1049l");
});

test("CM3 stop --yes --json is applied, told as one object, and the run ends as stopped", async () => {
  const watching = runcast(["watch", RUN, "--json", "--exit"], folder.path, { RUNCAST_RELAY: relay.url, RUNCAST_SECRET: relay.secret });
  await until(() => watching.stdout().includes("training_progress"), { what: "the watcher" });
  const sent = await send([RUN, "stop", "--yes", "--json", "--id", "end"]);
  expect(sent).toMatchObject({ code: 0, stderr: "" });
  const { global_step, by, ...rest } = JSON.parse(sent.stdout) as Record<string, unknown>;
  expect(rest).toEqual({ run: RUN, id: "end", command: "stop", state: "applied", error: null });
  expect([typeof global_step, typeof by]).toEqual(["number", "string"]);
  expect((await training.exited).code).toBe(0);
  expect((await watching.exited).code).toBe(0);
  const lines = watching.stdout().trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as RunEvent).offset)).toEqual(lines.map((_, index) => index + 1));
  const isStopped = (event: RunEvent) => event.type === "training_status" && event.status === "stopped";
  await until(() => told.some(isStopped), { what: "the end" });
  expect(customSamples()).toHaveLength(1);
  expect(statesOf("s1")).toEqual(["queued", "delivered", "applied"]);
  const late = await send(["sample", RUN]);
  expect(late).toMatchObject({ code: 1, stdout: "sample: queued\nsample: rejected: the training has ended\n" });
});

test("AC5 a viewer's token is refused in words, and the command is nowhere", async () => {
  const token = await relay.token("viewer", RUN);
  const sent = await send([RUN, "sample", "--id", "not-mine"], { RUNCAST_TOKEN: token });
  expect(sent).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^runcast: run steered: .*\(forbidden\)\n$/) });
  const answer = await fetch(`${relay.url}/api/runs/${RUN}/commands`, { headers: { Authorization: `Bearer ${token}` } });
  expect(commandList.parse(await answer.json()).commands.map(({ id }) => id)).not.toContain("not-mine");
});

test("CM1 a run that does not exist is named in words", async () => {
  const sent = await send(["no-such-run", "sample"]);
  expect(sent).toMatchObject({ code: 1, stdout: "", stderr: "runcast: run no-such-run: there is no such run (run_not_found)\n" });
});

/** A trainer with the Python API that takes no commands; it tells how it ends. */
const DEAF = `
import runcast, time
runcast.init(name="deaf")
try:
    for step in range(600):
        runcast.progress(step + 1, max_step=600, max_epoch=1)
        time.sleep(0.1)
except KeyboardInterrupt:
    print("saved", flush=True)
    raise
`;

test.concurrent.each([
  [["--allow-interrupt"], "stop: applied at step \\d+", 0],
  [[], "stop: rejected: .*--allow-interrupt.*", 1],
] as const)("CM3 a stop that the hook turns down, run with %j: %s", async (allowed, end, code) => {
  const run = `deaf${allowed.length}`;
  const env = { RUNCAST_RELAY: relay.url, RUNCAST_TOKEN: await relay.token("agent", run), PYTHONPATH: "python" };
  const deaf = runcast(["run", "--run", run, ...allowed, "--", "python3", "-c", DEAF], folder.path, env);
  const status = async (): Promise<{ status?: string; progress?: unknown }> => {
    const headers = { Authorization: `Bearer ${await relay.token("viewer", run)}` };
    return (await (await fetch(`${relay.url}/api/runs/${run}`, { headers })).json()) as { status?: string; progress?: unknown };
  };
  await until(async () => (await status()).progress, { timeout_ms: 30_000, what: "a step" });
  const sent = await send([run, "stop", "--yes"]);
  expect(sent.stdout).toMatch(new RegExp(`^stop: queued\nstop: delivered\n${end}\n$`));
  expect(sent.code).toBe(code);
  if (code !== 0) deaf.child.kill("SIGINT");
  expect((await deaf.exited).code).toBe(130);
  expect(deaf.stdout()).toBe("saved\n");
  expect((await status()).status).toBe("stopped");
});
