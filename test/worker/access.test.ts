import { SELF } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { createApp } from "../../worker/app.ts";
import { readKeys, verifyToken } from "../../worker/auth/token.ts";
import type { Env } from "../../worker/env.ts";
import { greeted } from "./support/greeted.ts";
import { alone, newRun } from "./support/rooms.ts";
import { agent, line, open } from "./support/sockets.ts";
import { SECRET, token } from "./support/tokens.ts";

const HOUR = 3600;
const now = () => Math.floor(Date.now() / 1000);

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return SELF.fetch(`https://relay.test${path}`, { headers });
}

async function code(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code;
}

describe("tokens", () => {
  test("AC1 nothing but /healthz is readable without a token", async () => {
    const run = newRun();
    await agent(run);
    expect((await get("/healthz")).status).toBe(200);
    const paths = ["/api/runs", `/api/runs/${run}`, `/api/runs/${run}/events`, `/api/runs/${run}/samples`, `/api/runs/${run}/commands`];
    for (const path of [...paths, `/api/runs/${run}/blobs/${"0".repeat(64)}`, "/api/ws/status"]) {
      const response = await get(path);
      expect([path, response.status, await code(response)]).toEqual([path, 401, "unauthorized"]);
    }
    for (const path of [`/runs/${run}/ws`, "/ws", `/runs/${run}/agent`]) {
      const response = await get(path, { Upgrade: "websocket" });
      expect([path, response.status]).toEqual([path, 401]);
    }
  });

  test.each([
    ["another key", () => token({}, "another-key-that-is-also-long-enough-to-be-one")],
    ["expired", () => token({ exp: now() - HOUR })],
    ["not yet valid", () => token({ nbf: now() + HOUR })],
    ["without exp", () => token({ exp: undefined } as never)],
    ["without a role", () => token({ role: undefined } as never)],
    ["with a role of its own", () => token({ role: "admin" } as never)],
    ["without runs", () => token({ runs: undefined } as never)],
    ["with a star in the middle", () => token({ runs: "a*b" })],
    ["alg none", async () => `${btoa('{"alg":"none","typ":"JWT"}').replaceAll("=", "")}.${(await token()).split(".")[1]}.`],
    ["too long", () => token({ sub: "x".repeat(200), more: "y".repeat(9000) } as never)],
    ["no token at all", async () => "abc"],
  ])("AC1 refuses a token: %s", async (_, make) => {
    const response = await get("/api/runs", { Authorization: `Bearer ${await make()}` });
    expect(response.status).toBe(401);
  });

  test("AC1 the previous key still verifies while keys rotate, and 30 s of clock difference are forgiven", async () => {
    const keys = { present: "a new key that nobody has signed with yet", previous: SECRET };
    expect(await verifyToken(await token(), keys, Date.now())).toMatchObject({ ok: true });
    const expired = await token({ exp: 1000 });
    expect(await verifyToken(expired, keys, 1_029_000)).toMatchObject({ ok: true });
    expect(await verifyToken(expired, keys, 1_030_000)).toMatchObject({ ok: false, code: "token_expired" });
  });

  test("AC1 a relay with a short key serves nobody, and says how to make a good one", async () => {
    expect(readKeys({ RUNCAST_SECRET: "short" })).toMatchObject({ ok: false, message: expect.stringContaining("openssl rand") });
    const response = await createApp().request("/healthz", {}, { ...(env as unknown as Env), RUNCAST_SECRET: "short" });
    expect(response.status).toBe(500);
  });

  test("AC2 a token comes as Bearer, as sub-protocol, as ?token= and as the session cookie", async () => {
    const run = newRun();
    await agent(run);
    const good = await token({ runs: run });
    expect((await get(`/api/runs/${run}`, { Authorization: `Bearer ${good}` })).status).toBe(200);
    expect((await get(`/api/runs/${run}?token=${good}`)).status).toBe(200);
    expect((await get(`/api/runs/${run}`, { Cookie: `other=1; runcast_session=${good}` })).status).toBe(200);
    const viewer = await open(`/runs/${run}/ws`, { "Sec-WebSocket-Protocol": `runcast.plain, bearer.${good}` });
    expect(viewer.protocol).toBe("runcast.plain");
    expect(await viewer.next()).toMatchObject({ type: "welcome", role: "viewer" });
  });

  test("AC2 what was given on purpose counts before the cookie, also when it is bad", async () => {
    const good = await token();
    expect((await get("/api/runs", { Authorization: "Bearer bad", Cookie: `runcast_session=${good}` })).status).toBe(401);
  });

  test("AC3 the session cookie is HttpOnly, Secure and SameSite=Lax, and ends with its DELETE", async () => {
    const good = await token({ sub: "Ada" });
    const made = await SELF.fetch("https://relay.test/api/session", {
      method: "POST",
      body: JSON.stringify({ token: good }),
      headers: { "content-type": "application/json" },
    });
    expect(await made.json()).toMatchObject({ sub: "Ada", role: "viewer", runs: "*", expires_at: expect.any(String) });
    const cookie = made.headers.get("set-cookie") ?? "";
    for (const attribute of ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]) expect(cookie).toContain(attribute);
    const Cookie = cookie.split(";")[0] ?? "";
    const blind = await SELF.fetch("https://relay.test/api/session", { method: "DELETE", headers: { Cookie } });
    expect(blind.status).toBe(403);
    const ended = await SELF.fetch("https://relay.test/api/session", {
      method: "DELETE",
      headers: { Cookie, Origin: "https://relay.test" },
    });
    expect(ended.headers.get("set-cookie")).toContain("Max-Age=0");
  });

  test("AC3 an upgrade or a write that comes with a cookie needs an allowed origin", async () => {
    const run = newRun();
    await agent(run);
    const Cookie = `runcast_session=${await token({ role: "owner" })}`;
    const upgrade = (headers: Record<string, string>) => get(`/runs/${run}/ws`, { Upgrade: "websocket", Cookie, ...headers });
    expect((await upgrade({})).status).toBe(403);
    expect((await upgrade({ Origin: "https://elsewhere.test" })).status).toBe(403);
    const ours = await upgrade({ Origin: "https://relay.test" });
    expect(ours.status).toBe(101);
    ours.webSocket?.accept();
    const post = await SELF.fetch(`https://relay.test/api/runs/${run}/commands`, { method: "POST", headers: { Cookie }, body: "{}" });
    expect(await code(post)).toBe("origin_not_allowed");
  });

  test("AC4 an open socket ends with its token: no frame goes in or out after it", async () => {
    const run = newRun();
    await agent(run);
    await alone(run, 0, (room) => {
      const seen: (string | number)[] = [];
      const socket = {
        send: (text: string) => seen.push(text) > 0,
        close: (code: number) => void seen.push(code),
        remember: () => undefined,
      };
      const identity = { sub: "Ada", role: "viewer", exp: 100 } as const;
      const rest = { client_id: "c", mode: "plain", subscription: ["*"], joined_at: 0, behind_at: null } as const;
      const join = () =>
        room.viewers.join({ ...socket, buffered: () => null }, { kind: "viewer", ...identity, ...rest }, { since: null, replay: 0 }, 0);
      const [reads, writes] = [join(), join()];
      seen.length = 0;
      room.viewers.receive(writes, '{"type":"ping"}', 129_999);
      expect(seen).toHaveLength(1);
      room.viewers.receive(writes, '{"type":"ping"}', 130_000);
      room.core.viewers.publish(room.core.log.append([line("too late")], 130_000), 130_000);
      // Once each: who was told to go is not in the live set any more.
      expect(seen.slice(1)).toEqual([4101, 4101]);
      expect(reads.through).toBeLessThan(room.core.log.lastOffset);
    });
  });

  test("AC4 an agent's socket ends with its token too: what comes after it is not taken", async () => {
    const run = newRun();
    const first = await agent(run);
    first.close();
    await alone(run, 0, (room) => {
      const { say, told, closed } = greeted(room, run, { exp: 100, now: 129_998 });
      say({ type: "batch", first_seq: 1, events: [line("in time")], flush: true }, 129_999);
      const { lastOffset } = room.core.log;
      say({ type: "batch", first_seq: 2, events: [line("too late")], flush: true }, 130_000);
      expect(told.slice(-2)).toMatchObject([{ type: "ack" }, { type: "error", code: "token_expired" }]);
      expect(closed).toEqual([4101]);
      expect(room.core.log.lastOffset).toBe(lastOffset);
    });
  });

  test("AC4 a token that ended a moment ago is still welcome, by the clock difference that is forgiven everywhere", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await open(`/runs/${run}/ws`, { Authorization: `Bearer ${await token({ exp: now() - 10 })}` });
    expect(await viewer.next()).toMatchObject({ type: "welcome" });
  });

  test.each([
    ["run", 200],
    ["ru*", 200],
    ["*", 200],
    ["other", 403],
    ["r", 403],
    ["run-", 403],
  ])("AC5 a token for %s reads a run named run…: %i", async (pattern, status) => {
    const run = `run.${newRun()}`;
    await agent(run);
    const runs = pattern === "run" ? run : pattern;
    expect((await get(`/api/runs/${run}`, { Authorization: `Bearer ${await token({ runs })}` })).status).toBe(status);
  });

  test("AC5 403 for a run that the token does not cover, 404 for one that does not exist", async () => {
    const headers = { Authorization: `Bearer ${await token({ runs: "mine*" })}` };
    expect((await get("/api/runs/theirs", headers)).status).toBe(403);
    expect((await get("/api/runs/mine-never-made", headers)).status).toBe(404);
  });

  test.each([
    ["viewer", "command", 403],
    ["agent", "command", 403],
    ["operator", "command", 202],
    ["owner", "command", 202],
    ["viewer", "agent", 403],
    ["operator", "agent", 403],
    ["owner", "agent", 403],
    ["agent", "agent", 101],
  ] as const)("AC5 a %s may %s: %i", async (role, what, status) => {
    const run = newRun();
    await agent(run);
    const headers = { Authorization: `Bearer ${await token({ role })}` };
    if (what === "agent") {
      const response = await get(`/runs/${run}/agent`, { ...headers, Upgrade: "websocket" });
      response.webSocket?.accept();
      expect(response.status).toBe(status);
      return;
    }
    const body = JSON.stringify({ id: "c", command: "stop" });
    const response = await SELF.fetch(`https://relay.test/api/runs/${run}/commands`, { method: "POST", headers, body });
    expect(response.status).toBe(status);
  });
});
