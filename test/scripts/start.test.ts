import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isHealthy } from "../../scripts/relay/health.ts";
import { endGroup, membersOf } from "../../scripts/relay/process-group.ts";
import { ROOT } from "../../scripts/root.ts";
import { type Program, runForTest } from "../support/program.ts";
import { folderForTest } from "../support/temporary.ts";
import { until } from "../support/until.ts";

const READY = /^runcast relay ready on (http:\/\/127\.0\.0\.1:\d+)$/m;

/** `npm start -- --no-demo`, but for npm. */
function start(state: string, ...args: string[]): Program {
  return runForTest(process.execPath, [join(ROOT, "scripts/start.ts"), "--no-demo", "--port", "0", "--state", state, ...args]);
}

async function ready(program: Program): Promise<string> {
  return (await program.says(READY))[1] ?? "";
}

/** The process group that the relay runs in. */
function groupIn(state: string): number {
  return JSON.parse(readFileSync(join(state, "relay.json"), "utf8")).group;
}

const workerds = (group: number) => membersOf(group).filter((member) => member.command.startsWith("workerd"));

test("npm start prints that the relay is ready, then a link that opens signed in, and ends everything when it is told to", async () => {
  const state = folderForTest();
  const program = start(state);
  const url = await ready(program);
  const token = (await program.says(/^Open (\S+)\/#token=(\S+)$/m))[2];
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/api/runs`)).status).toBe(401);
  // Where the Worker is not asked first, the page answers, and a scraper takes that for success.
  expect((await fetch(`${url}/metrics`)).status).toBe(401);
  expect((await fetch(`${url}/api/runs`, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(200);

  const group = groupIn(state);
  expect(workerds(group)).not.toEqual([]);
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(0);
  expect(membersOf(group)).toEqual([]);
});

test.runIf(process.platform === "linux")("AC2 no process shows the secret in its arguments or its environment", async () => {
  const state = folderForTest();
  const program = start(state);
  await ready(program);
  const secret = readFileSync(join(state, "secret"), "utf8").trim();
  for (const { pid } of [...membersOf(groupIn(state)), { pid: program.child.pid }]) {
    for (const file of ["cmdline", "environ"]) expect(readFileSync(`/proc/${pid}/${file}`, "utf8")).not.toContain(secret);
  }
});

test("a relay that was killed comes back by itself, on the same address", async () => {
  const state = folderForTest();
  const program = start(state);
  const url = await ready(program);
  endGroup(groupIn(state));
  await program.says(/The relay ended by SIGKILL; starting it again/);
  await program.says(/The relay is back/);
  expect(await isHealthy(url, 5_000)).toBe(true);
});

test("a relay whose workerd was killed, so that it accepts and never answers, comes back too", async () => {
  const state = folderForTest();
  const program = start(state);
  const url = await ready(program);
  for (const { pid } of workerds(groupIn(state))) process.kill(pid, "SIGKILL");
  await program.says(/The relay has stopped answering; starting it again/);
  await program.says(/The relay is back/);
  expect(await isHealthy(url, 5_000)).toBe(true);
});

test("nothing is left running when npm start itself is killed", async () => {
  const state = folderForTest();
  const program = start(state);
  await ready(program);
  const group = groupIn(state);
  program.child.kill("SIGKILL");
  await until(() => membersOf(group).length === 0, { what: "the end of the relay" });
});

test.each(["SIGTERM", "SIGKILL"] as const)("nothing is left running when npm, which started it, is ended by %s", async (signal) => {
  const state = folderForTest();
  const npm = runForTest("npm", ["start", "--", "--no-demo", "--port", "0", "--state", state]);
  await ready(npm);
  const group = groupIn(state);
  npm.child.kill(signal);
  await npm.ended;
  await until(() => membersOf(group).length === 0, { what: "the end of the relay" });
});

test("what a start has left behind, killed together with its relay's host, is ended by the next", async () => {
  const state = folderForTest();
  const first = start(state);
  await ready(first);
  const group = groupIn(state);
  first.child.kill("SIGKILL");
  process.kill(group, "SIGKILL");
  await first.ended;
  await until(() => membersOf(group).every((member) => member.pid !== group), { what: "the end of the host" });
  expect(workerds(group)).not.toEqual([]);

  const second = start(state);
  await ready(second);
  expect(second.stderr).toContain("Ended a relay that an earlier start had left behind");
  expect(membersOf(group)).toEqual([]);
});

test("a state folder that another relay uses is refused, and says which", async () => {
  const state = folderForTest();
  const first = start(state);
  const url = await ready(first);
  const second = start(state);
  expect(await second.ended).toBe(1);
  expect(second.stderr).toContain(`process ${first.child.pid}) and serves ${url}`);
});

test("a port in use is a clear error", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await until(() => server.listening, { what: "a port of our own" });
  const address = server.address();
  const port = typeof address === "object" ? String(address?.port) : "";
  const program = start(folderForTest(), "--port", port);
  expect(await program.ended).toBe(1);
  server.close();
  expect(program.stderr).toBe(
    `runcast: port ${port} on 127.0.0.1 is in use by another program; choose one with --port, or --port 0 for any free one\n`,
  );
  expect(program.stdout).toBe("");
});

test.each([["--port", "http"], ["--colour"], ["extra"]])("wrong usage is told with the right one: %s", async (...args) => {
  const program = start(folderForTest(), ...args);
  expect(await program.ended).toBe(2);
  expect(program.stderr).toContain("npm start [-- OPTIONS]");
});
