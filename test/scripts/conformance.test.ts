import { AssertionError } from "node:assert";
import { describe, expect, test } from "vitest";
import { parseConformanceOptions } from "../../scripts/conformance/options.ts";
import { countByRule, lineOf, recordOf, tableOf } from "../../scripts/conformance/report.ts";
import { conform } from "../conformance/support/case.ts";
import { targetByOwner, targetBySecret } from "../conformance/support/target.ts";
import { runForTest } from "../support/program.ts";
import { type Relay, startRelay } from "../support/relay.ts";

const URL_OPTION = ["--url", "https://relay.example"];
const run = async () => undefined;

describe("the options of npm run conformance", () => {
  test("without a URL a relay of our own is started; with one, a token or a secret is wanted", () => {
    expect(parseConformanceOptions([], {})).toMatchObject({ kind: "run", options: { url: undefined, credentials: { kind: "own" } } });
    expect(parseConformanceOptions(URL_OPTION, {})).toMatchObject({ kind: "wrong", message: expect.stringContaining("--token") });
    const token = parseConformanceOptions([...URL_OPTION, "--token", "t"], { RUNCAST_SECRET: "not asked" });
    expect(token).toMatchObject({ options: { credentials: { kind: "token", token: "t" } } });
    const secret = parseConformanceOptions(URL_OPTION, { RUNCAST_SECRET: "s", RUNCAST_TOKEN: "t" });
    expect(secret).toMatchObject({ options: { credentials: { kind: "secret", secret: "s" } } });
  });

  test("rules may be named several times, or with commas", () => {
    expect(parseConformanceOptions(["--rule", "VW3", "--rule", "pr1,PR2"], {})).toMatchObject({
      options: { rules: ["VW3", "PR1", "PR2"] },
    });
  });

  test.each([
    [["--url", "ftp://x", "--token", "t"], "--url ftp://x"],
    [["--url", "nonsense", "--token", "t"], "--url nonsense"],
    [["--jobs", "0"], "--jobs 0"],
    [["--jobs", "many"], "--jobs many"],
    [[...URL_OPTION, "--token", "t", "--secret", "s"], "not both"],
    [["--token", "t"], "--url"],
    [["--nope"], "--nope"],
    [["word"], "word"],
  ])("wrong usage is told in words: %j", (args, words) => {
    expect(parseConformanceOptions(args, {})).toEqual({ kind: "wrong", message: expect.stringContaining(words) });
  });
});

describe("what npm run conformance prints", () => {
  // SPEC.md has no such rule: its title is no case's.
  const later = "VW10 a later rule";
  const both = conform("VW1, VW2 in both modes", run);
  const compared = new AssertionError({ expected: { state: "applied" }, actual: { state: "failed" }, operator: "deepStrictEqual" });
  const results = [
    { one: both, outcome: { kind: "ok", ms: 5 } as const },
    { one: conform("VW2 another", run), outcome: { kind: "failed", ms: 7, error: compared } as const },
    { one: conform(later, run), outcome: { kind: "skipped", why: "slow" } as const },
    { one: conform("HTTP of no rule", run), outcome: { kind: "ok", ms: 1 } as const },
  ];

  test("a case of several rules counts for each, and rules are sorted by number", () => {
    expect(both.rules).toEqual(["VW1", "VW2"]);
    expect(countByRule(results)).toEqual([
      { rule: "HTTP", ok: 1, failed: 0, skipped: 0 },
      { rule: "VW1", ok: 1, failed: 0, skipped: 0 },
      { rule: "VW2", ok: 1, failed: 1, skipped: 0 },
      { rule: "VW10", ok: 0, failed: 0, skipped: 1 },
    ]);
    expect(tableOf(countByRule(results)).split("\n")[3]).toBe("VW2          1       1");
  });

  test("what failed says what was expected and what came, for people and for programs", () => {
    const [ok, failed, skipped] = results.map(lineOf);
    expect([ok, skipped]).toEqual(["ok      VW1, VW2 in both modes (5 ms)", "skipped VW10 a later rule: slow"]);
    expect(failed).toMatch(/^FAILED {2}VW2 another \(7 ms\)\n[\s\S]*failed[\s\S]*applied/);
    expect(results.map(recordOf)[1]).toMatchObject({ result: "failed", expected: { state: "applied" }, got: { state: "failed" } });
  });
});

describe("whose tokens", () => {
  test("an owner's token names the prefix of the runs; one that covers none is of no use", async () => {
    const owner = (runs: string | string[], role: "owner" | "viewer" = "owner") =>
      targetBySecret("http://relay.example", "a key that is long enough for a test").token({ role, runs, sub: "o", lifetime_s: 60 });
    const target = async (runs: string | string[]) => targetByOwner("http://relay.example", await owner(runs));
    expect(await target(["one", "team-*"])).toMatchObject({ ok: true });
    const made = await target(["one", "team-*"]);
    expect(made.ok && made.target.freshRun()).toMatch(/^team-[0-9a-f]+$/);
    expect(await target("*")).toMatchObject({ ok: true });
    expect(await target("one")).toMatchObject({ ok: false, message: expect.stringContaining("prefix") });
    expect(targetByOwner("http://relay.example", await owner("*", "viewer"))).toMatchObject({
      ok: false,
      message: "the token is no owner's",
    });
    expect(targetByOwner("http://relay.example", "no token")).toMatchObject({ ok: false });
  });
});

describe("npm run conformance", () => {
  const start = (...args: string[]) => runForTest(process.execPath, ["scripts/conformance.ts", ...args], { environment: bare() });
  const bare = () => ({ ...process.env, RUNCAST_TOKEN: "", RUNCAST_SECRET: "" });

  test("AC5 with an owner's token the relay makes the others, what needs the secret is skipped, and the count is by rule", async () => {
    const relay: Relay = await startRelay();
    try {
      const token = await relay.token("owner", "mine-*");
      const program = start("--url", relay.url, "--token", token, "--rule", "VW7,AC1", "--json");
      expect(await program.ended).toBe(0);
      const records = program.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(records.some(({ result, why }) => result === "skipped" && String(why).includes("--secret"))).toBe(true);
      expect(records.at(-1)).toMatchObject({ result: "sum", failed: 0, rules: [{ rule: "AC1" }, { rule: "VW7", ok: 3 }] });
    } finally {
      await relay.stop();
    }
  });

  test.each([
    [["--url", "http://127.0.0.1:1", "--secret", "a key that is long enough for a test"], 1, /127\.0\.0\.1:1: /],
    [["--nope"], 2, /Unknown option/],
    [["--rule", "ZZ9"], 2, /ZZ9/],
    [["--list", "--rule", "VW7"], 0, /^VW7 .*letter for letter/],
  ])("%j ends with %i and says why", async (args, code, words) => {
    const program = start(...args);
    expect(await program.ended).toBe(code);
    expect(program.stdout + program.stderr).toMatch(words);
  });
});
