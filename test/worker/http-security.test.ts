import { SELF } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { JSON_BODY_MAX } from "../../protocol/index.ts";
import { createApp } from "../../worker/app.ts";
import { ROUTES } from "../../worker/auth/role-table.ts";
import type { Env } from "../../worker/env.ts";
import wrangler from "../../wrangler.toml?raw";
import { newRun } from "./support/rooms.ts";
import { agent, open } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const FRIEND = "https://friend.test";

/** A relay that knows a friendly page. */
async function askOpened(path: string, init: RequestInit): Promise<Response> {
  return createApp().request(`https://relay.test${path}`, init, {
    ...(env as unknown as Env),
    RUNCAST_ALLOWED_ORIGINS: `https://x.test, ${FRIEND}`,
  });
}

async function post(path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  const authorization = `Bearer ${await token({ role: "owner" })}`;
  return SELF.fetch(`https://relay.test${path}`, { method: "POST", headers: { authorization, ...headers }, body });
}

async function codeOf(response: Response): Promise<[number, string]> {
  return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
}

describe("every answer", () => {
  function expectSecured(what: string, { headers }: Response): void {
    expect([what, headers.get("content-security-policy")]).toEqual([what, "default-src 'none'; frame-ancestors 'none'"]);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("permissions-policy")).toMatch(/^camera=\(\), microphone=\(\)/);
    expect(headers.get("access-control-allow-origin")).toBeNull();
    // It is for whoever ends TLS, and would speak for other hosts of the same domain.
    expect(headers.get("strict-transport-security")).toBeNull();
  }

  test("AC3 forbids to be run, framed, guessed at and referred from, errors too", async () => {
    const headers = { authorization: `Bearer ${await token()}` };
    for (const [path, status] of [
      ["/healthz", 200],
      ["/api/runs", 200],
      ["/api/runs/never-made", 404],
      ["/api/nowhere", 404],
      ["/runs/never-made/ws", 426],
    ] as const) {
      const response = await SELF.fetch(`https://relay.test${path}`, { headers });
      expect([path, response.status]).toEqual([path, status]);
      expectSecured(path, response);
    }
    const upgrade = { headers: { ...headers, Upgrade: "websocket" } };
    const fromRoom = await SELF.fetch("https://relay.test/runs/never-made/ws", upgrade);
    expect(await codeOf(fromRoom)).toEqual([404, "run_not_found"]);
    expectSecured("an answer of a room", fromRoom);
  });

  test("AC3 also where a route refuses whoever has no token", async () => {
    for (const name of Object.keys(ROUTES)) {
      const [method = "", path = ""] = name.split(" ");
      const headers = { "CF-Connecting-IP": crypto.randomUUID(), Upgrade: "websocket" };
      const response = await SELF.fetch(`https://relay.test${path.replaceAll(/:\w+/g, "some")}`, { method, headers });
      expect(response.status).not.toBe(101);
      expectSecured(name, response);
      await response.body?.cancel();
    }
  });

  test("AC3 an upgrade is as it was", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await open(`/runs/${run}/ws`, { Authorization: `Bearer ${await token()}` });
    expect(await viewer.next()).toMatchObject({ type: "welcome" });
  });
});

describe("pages elsewhere", () => {
  test("AC3 read nothing, unless their origin is allowed letter for letter", async () => {
    const headers = (Origin: string) => ({ Origin, Authorization: "Bearer bad" });
    for (const [origin, allowed] of [
      [FRIEND, FRIEND],
      [`${FRIEND}.evil.test`, null],
      ["https://evil.test", null],
      ["null", null],
      ["http://friend.test", null],
    ] as const) {
      const response = await askOpened("/api/runs", { headers: headers(origin) });
      expect([origin, response.status, response.headers.get("access-control-allow-origin")]).toEqual([origin, 401, allowed]);
      // Without an allowed origin beside it, a browser reads nothing, whatever this says.
      if (allowed !== null) expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    }
  });

  test("AC3 a preflight is answered without a token, and allows what the relay takes", async () => {
    const headers = { Origin: FRIEND, "Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "authorization" };
    const allowed = await askOpened("/api/runs/x", { method: "OPTIONS", headers });
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-methods")).toContain("DELETE");
    expect(allowed.headers.get("access-control-allow-headers")).toContain("Authorization");
    const refused = await askOpened("/api/runs/x", { method: "OPTIONS", headers: { ...headers, Origin: "https://evil.test" } });
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("bodies", () => {
  const large = JSON.stringify({ more: "x".repeat(JSON_BODY_MAX) });

  test("AC6 past the bound are refused, whether or not they say how long they are", async () => {
    expect(await codeOf(await post("/api/tokens", large))).toEqual([413, "too_large"]);
    const stream = new Blob([large]).stream();
    expect(await codeOf(await post("/api/tokens", stream))).toEqual([413, "too_large"]);
  });

  test("AC6 that are compressed are refused unread: a few bytes could stand for gigabytes", async () => {
    const zipped = new Blob([large]).stream().pipeThrough(new CompressionStream("gzip"));
    const body = await new Response(zipped).arrayBuffer();
    const run = newRun();
    await agent(run);
    expect(await codeOf(await post("/api/tokens", body, { "Content-Encoding": "gzip" }))).toEqual([415, "unsupported_media_type"]);
    const put = await SELF.fetch(`https://relay.test/api/runs/${run}/blobs/${"0".repeat(64)}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${await token({ role: "agent" })}`, "Content-Encoding": "gzip" },
      body,
    });
    expect(await codeOf(put)).toEqual([415, "unsupported_media_type"]);
  });
});

test.each(["/api/runs/some-run/events", "/healthz", "/ws", "/runs/some-run/ws", "/runs/some-run/agent"])(
  "AC5 a path that is known, asked in another way, says in which ways it may be: %s",
  async (path) => {
    const response = await post(path, "{}");
    expect(response.headers.get("allow")).toBe("GET, HEAD");
    expect(await codeOf(response)).toEqual([405, "method_not_allowed"]);
  },
);

test("AC2 the platform keeps no entry of its own for a request: its address may have a token in it", () => {
  expect(wrangler).toMatch(/^\[observability\.logs\]\nenabled = true\ninvocation_logs = false$/m);
});
