import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/root.ts";
import { runForTest } from "../support/program.ts";
import { folderForTest } from "../support/temporary.ts";
import { until } from "../support/until.ts";

function start(environment: NodeJS.ProcessEnv) {
  return runForTest(process.execPath, [join(ROOT, "scripts/start.ts"), "--port", "0", "--state", folderForTest()], { environment });
}

test("npm start trains something real, and its link shows it; told to end, it delivers what is left first", async () => {
  const program = start(process.env);
  const [, url, run, token] = await program.says(/^Open (http:\S+)\/runs\/(demo-\S+)#token=(\S+)$/m);
  const headers = { Authorization: `Bearer ${token}` };
  await until(async () => (await fetch(`${url}/api/runs/${run}`, { headers })).ok, { timeout_ms: 20_000, what: "the demo's run" });
  // A viewer: without one the agent sends every 15 s.
  const viewer = new WebSocket(`${url?.replace("http", "ws")}/runs/${run}/ws?events=training_progress&token=${token}`);
  const steps: number[] = [];
  viewer.addEventListener("message", ({ data }) => {
    const { type, global_step } = JSON.parse(String(data));
    if (type === "training_progress") steps.push(global_step);
  });
  await until(() => (steps.at(-1) ?? 0) > 10, { timeout_ms: 40_000, what: `the demo's progress` });
  const answer = await fetch(`${url}/api/runs`, { headers });
  expect(await answer.json()).toMatchObject({ runs: [{ run, name: "Learning to paint", status: "running" }] });
  viewer.close();
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(0);
  expect(program.stderr).not.toContain("watch this run");
  expect(program.stderr).not.toContain("could not be delivered");
  expect(program.stdout.trim().split("\n")).toHaveLength(2);
});

test("without a Python the relay starts all the same, and says what is missing for the demo", async () => {
  const program = start({ ...process.env, PATH: folderForTest() });
  await program.says(/^Open http:\S+\/#token=/m);
  expect(program.stderr).toContain("No demo: it needs Python 3.10 or newer");
  expect(program.child.exitCode).toBeNull();
});
