import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Finding } from "../../../agent/cli/doctor/finding.ts";
import { checkGpu } from "../../../agent/cli/doctor/gpu.ts";
import { checkNode } from "../../../agent/cli/doctor/node.ts";
import { checkPython } from "../../../agent/cli/doctor/python.ts";
import { checkRelay, clockFinding } from "../../../agent/cli/doctor/relay.ts";
import { checkFolders, spaceFinding } from "../../../agent/cli/doctor/spool.ts";
import { goodFor } from "../../../agent/cli/doctor/token.ts";
import { hookSiteFolder } from "../../../agent/config/paths.ts";
import { type Relay, startRelay } from "../../support/relay.ts";
import { folderForTest } from "../../support/temporary.ts";
import { cli } from "../support/cli.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

/** Runs `runcast doctor --json`. */
async function doctor(env: Record<string, string>, args: string[] = []) {
  const program = cli(["doctor", "--json", ...args], { env: { RUNCAST_RELAY: relay.url, ...env } });
  const { code } = await program.closed;
  const lines = program.stdout().split("\n").slice(0, -1);
  const findings = lines.map((line) => JSON.parse(line) as Finding);
  return { code, stderr: program.stderr(), of: (check: string) => findings.find((finding) => finding.check === check), findings };
}

/** A folder of programs, to stand on PATH. */
function programs(scripts: Readonly<Record<string, string>>): string {
  const folder = folderForTest();
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

async function answering(status: number, body: string, headers: Record<string, string> = {}): Promise<string> {
  const server = createServer((_, response) => void response.writeHead(status, headers).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("runcast doctor", () => {
  test("CL1 where all is well every check says so, and warnings do not fail", async () => {
    const { code, stderr, findings } = await doctor({ RUNCAST_SECRET: relay.secret });
    expect([code, stderr]).toEqual([0, ""]);
    const checks = ["relay", "clock", "token", "node", "python", "hook", "gpu", "folders", "disk"];
    expect(findings.map(({ check }) => check)).toEqual(checks);
    const well = findings.filter(({ check }) => check !== "gpu" && check !== "disk");
    expect(well.filter(({ result, advice }) => result !== "ok" || advice !== null)).toEqual([]);
  });

  test("AC1 a token that the relay does not take fails, one that cannot send a run is a warning, an agent's is told with its end", async () => {
    const expired = await doctor({ RUNCAST_TOKEN: await relay.token("agent", "*", { lifetime_s: -120 }) });
    expect([expired.code, expired.of("token")]).toEqual([
      1,
      expect.objectContaining({ result: "failed", message: expect.stringContaining("token_expired") }),
    ]);
    const strange = await doctor({});
    expect(strange.of("token")).toMatchObject({ result: "failed", advice: expect.stringContaining("not this relay's") });
    const viewer = await doctor({ RUNCAST_TOKEN: await relay.token("viewer", "r-*", { sub: "Ada" }) });
    expect([viewer.code, viewer.of("token")]).toEqual([
      0,
      expect.objectContaining({ result: "warning", message: expect.stringMatching(/^viewer Ada, for runs r-\*, until 20/) }),
    ]);
    const agent = await doctor({ RUNCAST_TOKEN: await relay.token("agent", "*", { lifetime_s: 7 * 24 * 3600 }) });
    expect(agent.of("token")).toMatchObject({ result: "ok", message: expect.stringContaining("agent agent in a test") });
  });

  test("CL1 without a relay the rest is looked at all the same, in words too", async () => {
    const away = await doctor({ RUNCAST_RELAY: "http://127.0.0.1:9" });
    expect([away.code, away.of("relay")?.result, away.of("token")?.result, away.of("node")?.result]).toEqual([
      1,
      "failed",
      "warning",
      "ok",
    ]);
    const words = cli(["doctor", "--python", "no-such-python"]);
    expect((await words.closed).code).toBe(1);
    expect(words.stdout()).toMatch(/failed {3}python {3}there is no no-such-python\n {18}activate/);
    const wrong = cli(["doctor", "--relay", "ftp://x"]);
    expect((await wrong.closed).code).toBe(2);
  });
});

describe("what the doctor says of the relay", () => {
  test.each([
    [200, "<html>", "is no runcast relay (HTTP 200)"],
    [500, JSON.stringify({ error: { code: "misconfigured", message: "the key is too short" } }), "the key is too short (misconfigured)"],
  ])("CL1 what answers with %i %s is not taken for a good one", async (status, body, words) => {
    const { findings } = await checkRelay({ http: await answering(status, body), onThisMachine: true });
    expect(findings).toEqual([expect.objectContaining({ check: "relay", result: "failed", message: expect.stringContaining(words) })]);
  });

  test("AC1 a clock that is off by more than tokens forgive fails", async () => {
    const { findings } = await checkRelay({
      http: await answering(200, '{"ok":true}', { date: "Mon, 23 Nov 2020 10:00:00 GMT" }),
      onThisMachine: false,
    });
    expect(findings.map(({ check, result }) => [check, result])).toEqual([
      ["relay", "ok"],
      ["clock", "failed"],
    ]);
    const at = Date.parse("2026-11-23T10:00:00Z");
    const of = (seconds: number) => clockFinding("Mon, 23 Nov 2026 10:00:00 GMT", at + seconds * 1000, true);
    expect(
      [of(0.9), of(-4), of(20), of(-40), clockFinding(null, at, false), clockFinding(null, at, true)].map(({ result }) => result),
    ).toEqual([...["ok", "ok", "warning", "failed", "warning", "ok"]]);
    expect([of(20.5).message, of(-39.5).message]).toEqual([
      "this machine's clock is 20 s ahead of the relay's",
      expect.stringContaining("40 s behind the relay's"),
    ]);
  });

  test("AC1 a token that ends within a day is a warning", () => {
    const session = { sub: "Ada", role: "agent", runs: "*", expires_at: "2026-11-23T10:00:00Z" } as const;
    expect(goodFor(session, Date.parse("2026-11-22T11:00:00Z")).result).toBe("warning");
    expect(goodFor(session, Date.parse("2026-11-20T11:00:00Z")).result).toBe("ok");
  });
});

describe("what the doctor says of this machine", () => {
  const withPath = (folder: string) => ({ ...process.env, PATH: `${folder}:${process.env.PATH}` });

  test.each([
    ["there is no python or python3", {}],
    ["too old for the hook", { python: `echo '{"version":"3.9.2","program":"/usr/bin/python","site":null,"hook":false}'` }],
    ["it does not work: no libpython", { python: "echo no libpython >&2; exit 1", python3: "echo no libpython >&2; exit 1" }],
    ["is no Python 3", { python: "echo hello" }],
  ])("CL1 a Python that cannot have the hook fails: %s", async (words, scripts) => {
    const folder = programs(scripts);
    const findings = await checkPython({ PATH: folder }, null);
    expect(findings).toEqual([expect.objectContaining({ check: "python", result: "failed", message: expect.stringContaining(words) })]);
  });

  test("CL1 a hook that cannot be imported, and a Python that looks at no PYTHONPATH, fail with the reason", async () => {
    const broken = join(folderForTest(), "runcast");
    cpSync(join(hookSiteFolder(), ".."), broken, { recursive: true });
    writeFileSync(join(broken, "hook", "imports.py"), "import no_such_module\n");
    const [, hook] = await checkPython(process.env, null, join(broken, "_site"));
    expect(hook).toMatchObject({ check: "hook", result: "failed", message: expect.stringContaining("No module named 'no_such_module'") });
    const deaf = join(programs({ deaf: 'exec python3 -E "$@"' }), "deaf");
    const [, ignored] = await checkPython(process.env, deaf);
    expect(ignored).toMatchObject({ check: "hook", result: "failed", advice: expect.stringContaining("-E") });
  });

  test.each([
    ["ok", "sees 2 GPUs", { "nvidia-smi": "echo 'GPU 0: A'; echo 'GPU 1: B'" }],
    ["warning", "sees no GPU", { "nvidia-smi": "true" }],
    ["warning", "driver is not loaded", { "nvidia-smi": "echo driver is not loaded; exit 9" }],
    ["warning", "rocm-smi is there", { "rocm-smi": "true" }],
    ["warning", "there is no nvidia-smi or rocm-smi", {}],
  ])("CL1 GPU tools: %s, %s", async (result, words, scripts) => {
    const folder = programs(scripts);
    expect(await checkGpu({ PATH: folder })).toMatchObject({ result, message: expect.stringContaining(words) });
  });

  test("AC7 a folder for events that others may write in fails, with what to do about it", () => {
    const folder = join(folderForTest(), "spool");
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const [finding] = checkFolders({ RUNCAST_SPOOL: folder, XDG_RUNTIME_DIR: folderForTest() }, relay.url);
    expect(finding).toMatchObject({ check: "folders", result: "failed", message: expect.stringContaining("chmod 700") });
  });

  test("PR4 a disk with too little room for what may have to wait is a warning, a full one fails", () => {
    const mib = 1024 * 1024;
    const of = (free: number) => spaceFinding(free * mib, 256 * mib, "/spool").result;
    expect([of(1), of(100), of(1000)]).toEqual(["failed", "warning", "ok"]);
  });

  test("CL1 a Node without the SQLite that the agent needs fails", () => {
    expect(["20.20.2", "22.12.9", "22.13.0", "24.0.0"].map((version) => checkNode(version).result)).toEqual([
      ...["failed", "failed", "ok", "ok"],
    ]);
  });

  test("CL1 a Python that is named goes before the one on PATH", async () => {
    const other = `echo '{"version":"3.12.1","program":"/other","site":null,"hook":true}'`;
    const [named] = await checkPython(withPath(programs({ python: "exit 1" })), join(programs({ other }), "other"));
    expect(named).toMatchObject({ result: "ok", message: "Python 3.12.1 (/other)" });
  });
});
