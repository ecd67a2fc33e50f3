import { SELF } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { JSON_BODY_MAX } from "../../protocol/index.ts";
import { createApp } from "../../worker/app.ts";
import type { Env } from "../../worker/env.ts";
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
  test("AC3 forbids to be run, framed, guessed at and referred from, errors too", async () => {
    const headers = { authorization: `Bearer ${await token()}` };
    for (const [path, status] of [
      ["/healthz", 200],
      ["/api/runs", 200],
      ["/api/runs/never-made", 404],
      ["/api/nowhere", 404],
    ] as const) {
      const response = await SELF.fetch(`https://relay.test${path}`, { headers });
      expect([path, response.status]).toEqual([path, status]);
      expect(response.headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("referrer-policy")).toBe("no-referrer");
      expect(response.headers.get("x-frame-options")).toBe("DENY");
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
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

test("AC5 a path that is known, asked in another way, says in which ways it may be", async () => {
  const response = await post("/api/runs/some-run/events", "{}");
  expect(response.headers.get("allow")).toBe("GET, HEAD");
  expect(await codeOf(response)).toEqual([405, "method_not_allowed"]);
});
