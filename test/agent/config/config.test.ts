import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verify } from "hono/jwt";
import { describe, expect, test } from "vitest";
import { parseBytes } from "../../../agent/config/bytes.ts";
import { parseDuration } from "../../../agent/config/duration.ts";
import { hookFileFolder, spoolPath } from "../../../agent/config/paths.ts";
import { isLoopback, parseRelay, type Relay, watchLink } from "../../../agent/config/relay.ts";
import { commandName, makeRunId } from "../../../agent/config/run-id.ts";
import { findSecret } from "../../../agent/config/secret.ts";
import { claims, ID_PATTERN, isRunId } from "../../../protocol/index.ts";
import { folderForTest } from "../../support/temporary.ts";
import { cli, SECRET } from "../support/cli.ts";

const relay = (url: string): Relay => parseRelay(url) ?? { http: "", ws: "" };
const LOCAL = relay("http://127.0.0.1:8787");
const LONG = "0123456789abcdef0123456789abcdef";

describe("the relay's address", () => {
  test.each([
    ["http://127.0.0.1:8787", "http://127.0.0.1:8787", "ws://127.0.0.1:8787"],
    ["wss://relay.example.org/", "https://relay.example.org", "wss://relay.example.org"],
    ["ws://[::1]:99", "http://[::1]:99", "ws://[::1]:99"],
    ["https://example.org/behind/a/path/", "https://example.org/behind/a/path", "wss://example.org/behind/a/path"],
  ])("PR1 %s is taken", (text, http, ws) => {
    expect(parseRelay(text)).toEqual({ http, ws });
  });

  test.each(["", "127.0.0.1:8787", "ftp://x", "http://", "relay"])("PR1 %j is none", (text) => {
    expect(parseRelay(text)).toBeNull();
  });

  test("AC2 a link carries its token in the fragment", () => {
    expect(watchLink(LOCAL, "a-run", "t")).toBe("http://127.0.0.1:8787/runs/a-run#token=t");
    expect(watchLink(LOCAL, "a-run", null)).toBe("http://127.0.0.1:8787/runs/a-run");
  });
});

describe("the relay's secret", () => {
  test("AC1 it comes from the environment, else from the state folder of a relay on this machine", () => {
    const folder = folderForTest();
    mkdirSync(join(folder, ".runcast"));
    writeFileSync(join(folder, ".runcast", "secret"), `${LONG}\n`);
    expect(findSecret({ RUNCAST_SECRET: SECRET }, folder, LOCAL)).toEqual({ ok: true, secret: SECRET });
    expect(findSecret({}, folder, LOCAL)).toEqual({ ok: true, secret: LONG });
    expect(findSecret({}, folder, relay("https://relay.example.org"))).toMatchObject({ ok: false });
    const env = { RUNCAST_STATE: join(folder, ".runcast") };
    expect(findSecret(env, "/", relay("https://relay.example.org"))).toEqual({ ok: true, secret: LONG });
  });

  test("AC1 one that is missing or short is none, and the reason names the place", () => {
    const folder = folderForTest();
    const env = { RUNCAST_STATE: folder };
    expect(findSecret(env, "/", LOCAL)).toMatchObject({ ok: false, reason: expect.stringContaining(folder) });
    writeFileSync(join(folder, "secret"), "short");
    expect(findSecret(env, "/", LOCAL)).toMatchObject({ ok: false, reason: expect.stringContaining("shorter") });
  });

  test("AC1 only loopback counts as this machine", () => {
    const addresses = ["http://127.0.0.1", "http://localhost:1", "http://[::1]:1", "http://127.0.0.1.example.org", "http://10.0.0.1"];
    expect(addresses.map((address) => isLoopback(relay(address)))).toEqual([true, true, true, false, false]);
  });
});

describe("runs, paths and durations", () => {
  test("PR1 an id says the day and the command, and is new each time", () => {
    const now = Date.UTC(2026, 10, 23);
    expect(makeRunId("Flux, rank 32!", now, () => 0)).toBe("2026-11-23-flux-rank-32-aaaaa");
    expect(makeRunId("日本語", now, () => 0)).toBe("2026-11-23-aaaaa");
    for (const name of ["x".repeat(300), "..", ""]) expect(makeRunId(name, now)).toMatch(ID_PATTERN);
    expect(isRunId(makeRunId("train", now))).toBe(true);
    expect(makeRunId("train", now)).not.toBe(makeRunId("train", now));
  });

  test("PR1 a command is called by its script", () => {
    expect(commandName(["python", "-u", "scripts/train.py", "--config", "x.json"])).toBe("train");
    expect(commandName(["/usr/bin/accelerate", "launch"])).toBe("accelerate");
    expect(commandName(["./train.sh"])).toBe("train");
  });

  test("PR4 a run's spool depends on relay and run, not on the folder it is started in", () => {
    const env = { XDG_STATE_HOME: "/state" };
    expect(spoolPath(env, "http://a", "r")).toMatch(/^\/state\/runcast\/spool\/[0-9a-f]{16}\/r\.db$/);
    expect(spoolPath(env, "http://a", "r")).not.toBe(spoolPath(env, "http://b", "r"));
    expect(spoolPath({ RUNCAST_SPOOL: "/spool" }, "http://a", "r")).toMatch(/^\/spool\//);
    expect(hookFileFolder({ XDG_RUNTIME_DIR: "/no/such/folder", XDG_STATE_HOME: "/state" })).toBe("/state/runcast/hooks");
  });

  test("PR4 sizes", () => {
    expect([parseBytes("4096"), parseBytes("64M"), parseBytes("1 GiB"), parseBytes("512kb")]).toEqual([4096, 2 ** 26, 2 ** 30, 2 ** 19]);
    for (const wrong of ["", "0", "M", "-1", "1.5G", "1T", `${"9".repeat(15)}G`, "64 M B"]) expect(parseBytes(wrong)).toBeNull();
  });

  test("AC1 durations", () => {
    expect(["90s", "30m", "12h", "7d", "2w"].map(parseDuration)).toEqual([90, 1800, 43_200, 604_800, 1_209_600]);
    expect(["", "7", "d", "0d", "-1d", "1.5h", "1y"].map(parseDuration)).toEqual(Array(7).fill(null));
  });
});

describe("runcast token", () => {
  test("AC1 prints a token that the relay's own library verifies, and nothing else", async () => {
    const run = cli(["token", "--role", "viewer", "--run", "a-*", "--sub", "alice", "--expires", "12h"]);
    expect((await run.closed).code).toBe(0);
    const said = claims.parse(await verify(run.stdout().trim(), SECRET, "HS256"));
    expect(said).toMatchObject({ role: "viewer", runs: "a-*", sub: "alice", jti: expect.any(String) });
    expect(said.exp - Number(said.iat)).toBe(12 * 3600);
    expect(run.stderr()).toBe("");
  });

  test("AC1 --json prints one object; all runs and a week when nothing else is said", async () => {
    const run = cli(["token", "--role", "owner", "--json"]);
    await run.closed;
    const told = JSON.parse(run.stdout());
    expect(told).toMatchObject({ role: "owner", runs: "*", token: expect.any(String) });
    expect(await verify(told.token, SECRET, "HS256")).toMatchObject({
      jti: told.jti,
      sub: told.sub,
      exp: Date.parse(told.expires_at) / 1000,
    });
  });

  test.each([
    [["token"], 2, "--role"],
    [["token", "--role", "king"], 2, "Allowed choices"],
    [["token", "--role", "viewer", "--expires", "soon"], 2, "no duration"],
    [["run", "--spool-bytes", "much", "--", "true"], 2, "--spool-bytes: much is no size"],
    [["run", "--spool-bytes", "100k", "--", "true"], 2, "less than 2M"],
    [["run", "--pause-limit", "soon", "--", "true"], 2, "--pause-limit: soon is no duration"],
    [["token", "--role", "viewer", "--run", "a b"], 2, "--run"],
  ])("CL1 %j gives %i and says what is wrong", async (args, code, words) => {
    const run = cli(args);
    expect((await run.closed).code).toBe(code);
    expect(run.stderr()).toContain(words);
    expect(run.stdout()).toBe("");
  });

  test("AC1 without a secret it fails, and says where it looked", async () => {
    const folder = folderForTest();
    const run = cli(["token", "--role", "viewer"], { env: { RUNCAST_SECRET: "", RUNCAST_STATE: folder } });
    expect((await run.closed).code).toBe(1);
    expect(run.stderr()).toContain(folder);
  });

  test("CL1 help teaches by example", async () => {
    const run = cli(["run", "--help"]);
    expect((await run.closed).code).toBe(0);
    expect(run.stdout()).toContain("runcast run -- python scripts/train.py");
  });
});
