import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type Relay, startRelay } from "../../support/relay.ts";
import { cli } from "../support/cli.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  const agent = new WebSocket(`${relay.ws}/runs/shared/agent`, { headers: { authorization: `Bearer ${await relay.token("agent", "*")}` } });
  const ready = new Promise((resolve) => agent.once("message", resolve));
  agent.once("open", () =>
    agent.send(JSON.stringify({ type: "hello", protocol: 1, life: "l", next_seq: 1, sent_seq: 0, agent: { name: "test", version: "0" } })),
  );
  await ready;
  agent.terminate();
});
afterAll(() => relay.stop());

/** Runs `runcast` with the secret of the relay, or with what `env` says. */
async function runcast(args: string[], env: Record<string, string> = { RUNCAST_SECRET: relay.secret }) {
  const program = cli(args, { env: { RUNCAST_RELAY: relay.url, ...env } });
  const { code } = await program.closed;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

async function statusOf(token: string): Promise<number> {
  return (await fetch(`${relay.url}/api/runs/shared`, { headers: { authorization: `Bearer ${token}` } })).status;
}

const tokenIn = (link: string) => link.trim().split("#token=")[1] ?? "";

describe("runcast share, tokens and revoke", () => {
  test("AC5 share prints a link that opens the run, tokens lists it without its token, and revoke ends it", async () => {
    const shared = await runcast(["share", "shared", "--expires", "1h", "--sub", "Ada"]);
    expect(shared).toMatchObject({ code: 0, stderr: "" });
    expect(shared.stdout).toMatch(new RegExp(`^${relay.url}/runs/shared#token=\\S+\\n$`));
    const token = tokenIn(shared.stdout);
    expect(await statusOf(token)).toBe(200);
    for (const args of [["tokens"], ["share", "shared", "--list"]]) {
      const listed = await runcast(args);
      expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining("for Ada") });
      expect(listed.stdout).not.toContain(token.split(".")[2]);
    }
    const revoked = await runcast(["revoke", shared.stdout.trim()]);
    expect(revoked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Revoked [0-9a-f-]{36}\n$/) });
    expect(await statusOf(token)).toBe(401);
    expect((await runcast(["share", "shared", "--list"])).stdout).toContain("revoked");
  });

  test("AC4 a token that was made here, which the relay has never seen, is revoked by itself or by its id", async () => {
    const made = await runcast(["token", "--role", "viewer", "--json"]);
    const { token, jti } = JSON.parse(made.stdout) as { token: string; jti: string };
    expect(await statusOf(token)).toBe(200);
    expect(await runcast(["revoke", jti, "--json"])).toMatchObject({ code: 0, stdout: `${JSON.stringify({ jti, revoked: true })}\n` });
    expect(await statusOf(token)).toBe(401);
  });

  test("AC5 --json tells a link on one line, as what it was asked for", async () => {
    const shared = await runcast(["share", "shared", "--role", "operator", "--json"]);
    expect(JSON.parse(shared.stdout)).toMatchObject({ url: expect.stringContaining("#token="), expires_at: expect.any(String) });
    const rows = (await runcast(["tokens", "--json"])).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows[0]).toMatchObject({ role: "operator", runs: "shared", revoked: false });
  });

  test("AC5 who may not share, or shares what is not there, is told so in one line", async () => {
    const viewer = { RUNCAST_TOKEN: await relay.token("viewer", "*") };
    expect(await runcast(["share", "shared"], viewer)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("(forbidden)"),
    });
    expect(await runcast(["share", "no-such-run"])).toMatchObject({ code: 1, stderr: expect.stringContaining("(run_not_found)") });
    const away = { RUNCAST_RELAY: "http://127.0.0.1:9", RUNCAST_SECRET: relay.secret };
    expect(await runcast(["tokens"], away)).toMatchObject({ code: 1, stderr: expect.stringContaining("(unreachable)") });
  });

  test.each([
    [["share", "shared", "--expires", "soon"]],
    [["share", "shared", "--role", "operator", "--expires", "91d"]],
    [["share", "shared", "--role", "owner"]],
    [["revoke", "a.b.c"]],
    [["share"]],
  ])("AC1 wrong usage: %j", async (args) => {
    expect(await runcast(args)).toMatchObject({ code: 2, stdout: "" });
  });
});
