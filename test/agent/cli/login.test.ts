import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findTarget } from "../../../agent/config/target.ts";
import { type Relay, startRelay } from "../../support/relay.ts";
import { folderForTest } from "../../support/temporary.ts";
import { cli, script } from "../support/cli.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

/** Nothing but the settings says where to go: a variable that is empty counts as absent. */
const BARE = { RUNCAST_SECRET: "", RUNCAST_RELAY: "" };

async function runcast(folder: string, args: string[], env: Record<string, string> = {}) {
  const program = cli(args, { folder, env: { ...BARE, ...env } });
  const { code } = await program.closed;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

const settingsIn = (folder: string) => join(folder, "runcast", "config.json");

describe("runcast login and logout", () => {
  test("CL1 a link of an owner signs in: runs are listed and attached without a word more, and logout ends that", async () => {
    const folder = folderForTest();
    const token = await relay.token("owner", "*");
    const signed = await runcast(folder, ["login", `${relay.url}/#token=${token}`, "--json"]);
    expect(JSON.parse(signed.stdout)).toMatchObject({ relay: relay.url, role: "owner", runs: "*", attaches: true });
    expect(signed.stdout).not.toContain(token);
    expect(statSync(settingsIn(folder)).mode & 0o777).toBe(0o600);
    const ran = await runcast(folder, ["run", "--run", "attached", ...script("")]);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining(`${relay.url}/runs/attached`) });
    expect(await runcast(folder, ["runs"])).toMatchObject({ code: 0, stdout: expect.stringContaining("attached\t") });
    expect(await runcast(folder, ["runs"], { RUNCAST_RELAY: "http://127.0.0.1:9" })).toMatchObject({ code: 1 });
    expect(await runcast(folder, ["logout"])).toMatchObject({ code: 0 });
    expect(readFileSync(settingsIn(folder), "utf8")).not.toContain(token);
    expect(await runcast(folder, ["logout"], { RUNCAST_RELAY: relay.url })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nobody is signed in"),
    });
  });

  test("AC1 a token that the relay refuses is not kept, and one on stdin is taken like any other", async () => {
    const folder = folderForTest();
    const refused = await runcast(folder, ["login", relay.url, "--token", "nonsense"]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(() => statSync(settingsIn(folder))).toThrow();
    const program = cli(["login", relay.url], { folder, env: BARE, stdio: ["pipe", "pipe", "pipe"] });
    program.child.stdin?.end(`${await relay.token("viewer", "*")}\n`);
    expect((await program.closed).code).toBe(0);
    expect(program.stdout()).toMatch(/^Signed in to \S+ as viewer .+, for runs \*, until /);
  });

  test("CL1 a settings file that is broken is said to be, and is not written over", async () => {
    const folder = folderForTest();
    await runcast(folder, ["logout", "--all"]);
    writeFileSync(settingsIn(folder), "{ not json");
    const answered = await runcast(folder, ["login", relay.url, "--token", await relay.token("viewer", "*")]);
    expect(answered).toMatchObject({ code: 1, stderr: expect.stringContaining("is no settings file of runcast") });
    expect(readFileSync(settingsIn(folder), "utf8")).toBe("{ not json");
    expect(await runcast(folder, ["runs"])).toMatchObject({ code: 2 });
  });
});

test("CL1 options beat the environment, which beats the settings", () => {
  const folder = folderForTest();
  const env = { XDG_CONFIG_HOME: folder };
  expect(findTarget({}, env)).toMatchObject({ ok: true, target: { relay: { http: "http://127.0.0.1:8787" }, login: null } });
  expect(findTarget({}, { ...env, RUNCAST_RELAY: "https://b.example", RUNCAST_TOKEN: "t" })).toMatchObject({
    target: { relay: { http: "https://b.example" }, token: "t" },
  });
  const named = findTarget({ relay: "https://a.example", token: "u" }, { ...env, RUNCAST_RELAY: "https://b.example", RUNCAST_TOKEN: "t" });
  expect(named).toMatchObject({ target: { relay: { http: "https://a.example" }, token: "u" } });
});
