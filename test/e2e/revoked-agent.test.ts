import { decode } from "hono/jwt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Relay, startRelay } from "../support/relay.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { until } from "../support/until.ts";
import { runcast } from "./support/runcast.ts";

let relay: Relay;
const folder = temporaryFolder();
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  folder.remove();
});

const STOPPED = /ended the connection for good: the token was revoked; training goes on unwatched/g;

async function revoke(token: string): Promise<void> {
  const { jti } = decode(token).payload;
  const headers = { Authorization: `Bearer ${await relay.token("owner", "*")}` };
  const answer = await fetch(`${relay.url}/api/tokens/${String(jti)}`, { method: "DELETE", headers });
  expect(answer.ok).toBe(true);
}

async function runHeader(run: string): Promise<Response> {
  return fetch(`${relay.url}/api/runs/${run}`, { headers: { Authorization: `Bearer ${await relay.token("viewer", run)}` } });
}

async function lastOffset(run: string): Promise<number> {
  const state = (await (await runHeader(run)).json()) as { last_offset?: number };
  return state.last_offset ?? 0;
}

test("AC4 an agent whose token is revoked while it trains says so once, sends no more, and the trainer ends by itself", async () => {
  const run = "revoked-live";
  const token = await relay.token("agent", run);
  const env = { RUNCAST_RELAY: relay.url, RUNCAST_TOKEN: token };
  const script = "import time\nfor n in range(80): print(n, flush=True); time.sleep(0.1)\nraise SystemExit(3)";
  const started = runcast(["run", "--run", run, "--", "python3", "-c", script], folder.path, env);
  await until(async () => (await runHeader(run)).ok, { what: "the run" });
  await revoke(token);
  await until(() => started.stderr().match(STOPPED) !== null, { what: "the agent's word" });
  const then = await lastOffset(run);
  expect((await started.exited).code).toBe(3);
  expect(started.stderr().match(STOPPED)).toHaveLength(1);
  expect(await lastOffset(run)).toBe(then);
});

test("AC4 a token that was revoked before is refused at the upgrade, is not shown again, and the command keeps its own exit code", async () => {
  const run = "revoked-before";
  const token = await relay.token("agent", run);
  await revoke(token);
  const env = { RUNCAST_RELAY: relay.url, RUNCAST_TOKEN: token };
  const command = ["--", "python3", "-c", "import time; time.sleep(3); raise SystemExit(7)"];
  const started = runcast(["run", "--run", run, ...command], folder.path, env);
  expect((await started.exited).code).toBe(7);
  expect(started.stderr().match(STOPPED)).toHaveLength(1);
  expect((await runHeader(run)).status).toBe(404);
});
