import { SELF } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { createApp } from "../../worker/app.ts";
import { readKeys, verifyToken } from "../../worker/auth/token.ts";
import type { Env } from "../../worker/env.ts";
import { forge, type GoodClaims, NEAR_MISSES, TOKEN_ATTACKS } from "../support/token-attacks.ts";
import { newRun } from "./support/rooms.ts";
import { agent } from "./support/sockets.ts";
import { SECRET, token } from "./support/tokens.ts";

const run = newRun();
beforeAll(async () => void (await agent(run)));

/** AC2: the four ways in which a token comes. Whatever comes with the cookie names the relay's own origin. */
const WAYS = {
  header: (token: string) => ({ headers: { Authorization: `Bearer ${token}` } }),
  subprotocol: (token: string) => ({ headers: { "Sec-WebSocket-Protocol": `runcast.plain, bearer.${token}` } }),
  cookie: (token: string) => ({ headers: { Cookie: `runcast_session=${token}`, Origin: "https://relay.test" } }),
  query: (token: string) => ({ query: `?token=${encodeURIComponent(token)}` }),
} as const satisfies Record<string, (token: string) => { headers?: Record<string, string>; query?: string }>;
type Way = keyof typeof WAYS;
const EVERY_WAY = Object.keys(WAYS) as Way[];

const PLACES = [
  { path: `/api/runs/${run}`, role: "viewer", upgrade: false },
  { path: `/runs/${run}/ws`, role: "viewer", upgrade: true },
  { path: `/runs/${run}/agent`, role: "agent", upgrade: true },
] as const;

/** @returns the status; a socket that was opened is closed */
async function come(token: string, way: Way, { path, upgrade }: { path: string; upgrade: boolean }): Promise<number> {
  const { headers = {}, query = "" }: { headers?: Record<string, string>; query?: string } = WAYS[way](token);
  const response = await SELF.fetch(`https://relay.test${path}${query}`, {
    headers: { "CF-Connecting-IP": crypto.randomUUID(), ...(upgrade ? { Upgrade: "websocket" } : {}), ...headers },
  });
  response.webSocket?.accept();
  response.webSocket?.close();
  await response.text();
  return response.status;
}

const goodClaims = (role: string): GoodClaims => ({ sub: "forged", role, runs: run, exp: Math.floor(Date.now() / 1000) + 3600 });
/** What an HTTP header can carry, letter by letter. */
const HEADER_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Watches the log. @returns entries of level error */
function watchErrors(): string[] {
  const errors: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: unknown) => {
    if (String(line).includes('"level":"error"')) errors.push(String(line));
  });
  return errors;
}

describe("forged tokens", () => {
  test("AC1 what the attacks begin from is good over every way and at every door: what they change is what they are refused for", async () => {
    for (const place of PLACES) {
      const good = await forge(SECRET, '{"alg":"HS256","typ":"JWT"}', JSON.stringify(goodClaims(place.role)));
      for (const way of EVERY_WAY)
        expect([way, place.path, await come(good, way, place)]).toEqual([way, place.path, place.upgrade ? 101 : 200]);
    }
  });

  test(`AC1 each of ${TOKEN_ATTACKS.length} attacks has a name of its own`, () => {
    expect(new Set(TOKEN_ATTACKS.map(({ what }) => what)).size).toBe(TOKEN_ATTACKS.length);
  });

  test.each(TOKEN_ATTACKS)("AC1, AC2 over every way and at every door 401, and no error in the log: $what", async ({ make, queryOnly }) => {
    const errors = watchErrors();
    for (const place of PLACES) {
      const forged = await make(SECRET, goodClaims(place.role));
      expect(HEADER_TEXT.test(forged), "no header carries it, and the list says so").toBe(queryOnly !== true);
      for (const way of queryOnly ? (["query"] as const) : EVERY_WAY) {
        expect([way, place.path, await come(forged, way, place)]).toEqual([way, place.path, 401]);
      }
      const session = await SELF.fetch("https://relay.test/api/session", { method: "POST", body: JSON.stringify({ token: forged }) });
      expect([session.status, session.headers.get("set-cookie")]).toEqual([401, null]);
    }
    expect(errors).toEqual([]);
    vi.restoreAllMocks();
  });

  test("AC1 an error in the log would have been seen", async () => {
    const errors = watchErrors();
    const broken = { ...(env as unknown as Env), DIRECTORY: undefined as never };
    const response = await createApp().request("/api/runs", { headers: { Authorization: `Bearer ${await token()}` } }, broken);
    expect([response.status, errors.length]).toEqual([500, 1]);
    vi.restoreAllMocks();
  });

  test.each(NEAR_MISSES.map((near) => [near(run)]))("AC5 a good token for %j reaches no run beside it, over any way", async (runs) => {
    for (const place of PLACES) {
      const near = await token({ role: place.role, runs });
      for (const way of EVERY_WAY) expect([way, place.path, await come(near, way, place)]).toEqual([way, place.path, 403]);
    }
  });

  test("AC1 names of every script are welcome, over HTTP and at an upgrade", async () => {
    for (const sub of ["Zoë", "艾達", "Ада 👩‍🔬", "x".repeat(200), "👩".repeat(100)]) {
      for (const place of PLACES) {
        const named = await token({ role: place.role, runs: run, sub });
        expect([sub, await come(named, "header", place)]).toEqual([sub, place.upgrade ? 101 : 200]);
      }
    }
  });

  test("AC1 claims that nobody knows change nothing, however they are called and however deep they go", async () => {
    for (const more of [
      '"__proto__":{"jti":7,"role":"owner"}',
      '"constructor":{"role":"owner"}',
      `"deep":${"[".repeat(1000)}${"]".repeat(1000)}`,
    ]) {
      const payload = JSON.stringify(goodClaims("viewer")).replace("}", `,${more}}`);
      const forged = await forge(SECRET, '{"alg":"HS256"}', payload);
      const verified = await verifyToken(forged, { present: SECRET, previous: null }, Date.now());
      expect(verified).toMatchObject({ ok: true, value: { role: "viewer" } });
      expect(verified.ok && verified.value.jti).toBeUndefined();
      for (const place of PLACES)
        expect(await come(forged, "header", place)).toBe(place.role === "agent" ? 403 : place.upgrade ? 101 : 200);
    }
  });
});

describe("keys", () => {
  const LONG = "a previous key that is long enough to be one";

  test("AC1 the previous key verifies while it is there, and signs nothing that was refused before", async () => {
    const old = await token({}, LONG);
    const now = Date.now();
    expect(await verifyToken(old, { present: SECRET, previous: LONG }, now)).toMatchObject({ ok: true });
    expect(await verifyToken(old, { present: SECRET, previous: null }, now)).toMatchObject({ ok: false, code: "unauthorized" });
    for (const { what, make } of TOKEN_ATTACKS) {
      const verified = await verifyToken(await make(LONG, goodClaims("viewer")), { present: SECRET, previous: LONG }, now);
      expect([what, verified.ok]).toEqual([what, false]);
    }
  });

  test("AC1 a short previous key is refused as a short key is; an empty one is none", () => {
    expect(readKeys({ RUNCAST_SECRET: SECRET, RUNCAST_SECRET_PREVIOUS: "short" })).toMatchObject({
      ok: false,
      code: "misconfigured",
      message: expect.stringContaining("RUNCAST_SECRET_PREVIOUS"),
    });
    expect(readKeys({ RUNCAST_SECRET: SECRET, RUNCAST_SECRET_PREVIOUS: "" })).toMatchObject({ ok: true, value: { previous: null } });
    expect(readKeys({ RUNCAST_SECRET: SECRET, RUNCAST_SECRET_PREVIOUS: LONG })).toMatchObject({ ok: true, value: { previous: LONG } });
    expect(readKeys({})).toMatchObject({ ok: false, code: "misconfigured" });
  });
});
