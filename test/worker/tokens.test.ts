import { SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { type Claims, claims, TOKEN_LIFETIME_MAX_S, tokenMade } from "../../protocol/index.ts";
import { newRun } from "./support/rooms.ts";
import { agent } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const WISH = { role: "viewer", sub: "Ada", runs: "*", expires_in: 3600 };

/** `POST /api/tokens` with the body, by an owner of everything if nothing else is said. */
async function ask(body: unknown, by: Partial<Claims> = {}): Promise<Response> {
  return SELF.fetch("https://relay.test/api/tokens", {
    method: "POST",
    headers: { Authorization: `Bearer ${await token({ role: "owner", ...by })}` },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function code(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code;
}

function payload(made: string): Claims {
  return claims.parse(JSON.parse(atob((made.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"))));
}

async function read(run: string, made: string): Promise<number> {
  return (await SELF.fetch(`https://relay.test/api/runs/${run}`, { headers: { Authorization: `Bearer ${made}` } })).status;
}

describe("POST /api/tokens", () => {
  test("AC1 makes a token that says what was asked, has an id of its own and ends when it says", async () => {
    const before = Math.floor(Date.now() / 1000);
    const response = await ask({ ...WISH, role: "operator", runs: ["a", "b*"], expires_in: 60 });
    expect(response.status).toBe(201);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const made = tokenMade.parse(await response.json());
    const said = payload(made.token);
    expect(said).toMatchObject({ role: "operator", sub: "Ada", runs: ["a", "b*"], jti: made.jti });
    expect(said.exp - before).toBeGreaterThanOrEqual(60);
    expect(made.expires_at).toBe(new Date(said.exp * 1000).toISOString());
    const again = tokenMade.parse(await (await ask(WISH)).json());
    expect(again.jti).not.toBe(made.jti);
  });

  test.each(["viewer", "operator", "owner", "agent"] as const)(
    "AC5 a token made for a %s works as one, for its run alone",
    async (role) => {
      const [run, other] = [newRun(), newRun()];
      await agent(run);
      await agent(other);
      const { token: made } = tokenMade.parse(await (await ask({ ...WISH, role, runs: run })).json());
      expect([await read(run, made), await read(other, made)]).toEqual([200, 403]);
      const upgrade = await SELF.fetch(`https://relay.test/runs/${run}/agent`, {
        headers: { Authorization: `Bearer ${made}`, Upgrade: "websocket" },
      });
      upgrade.webSocket?.accept();
      expect(upgrade.status).toBe(role === "agent" ? 101 : 403);
    },
  );

  test.each([
    ["viewer", 403],
    ["operator", 403],
    ["agent", 403],
    ["owner", 201],
  ] as const)("AC5 a %s makes tokens: %i", async (role, status) => {
    const response = await ask(WISH, { role });
    expect(response.status).toBe(status);
    if (status === 403) expect(await code(response)).toBe("forbidden");
  });

  test.each([
    ["*", "*", 201],
    ["*", ["a*", "b"], 201],
    ["mine*", "mine*", 201],
    ["mine*", "mine-1", 201],
    ["mine*", "mine-*", 201],
    [["a*", "b"], ["b", "a1", "ab*"], 201],
    ["mine*", "*", 403],
    ["mine*", "min*", 403],
    ["mine*", "theirs", 403],
    ["mine*", ["mine-1", "theirs"], 403],
    ["mine", "mine*", 403],
    [["a", "b"], "*", 403],
  ])("AC5 an owner of %j makes a token for %j: %i", async (held, asked, status) => {
    const response = await ask({ ...WISH, runs: asked }, { runs: held });
    expect(response.status).toBe(status);
    if (status === 403) expect(await code(response)).toBe("forbidden");
  });

  test.each([
    ["no role", { role: undefined }],
    ["a role of its own", { role: "admin" }],
    ["no name", { sub: "" }],
    ["no runs", { runs: undefined }],
    ["an empty list of runs", { runs: [] }],
    ["a star in the middle", { runs: "a*b" }],
    ["no end", { expires_in: undefined }],
    ["an end in the past", { expires_in: 0 }],
    ["an end beyond what its role may have", { expires_in: TOKEN_LIFETIME_MAX_S.viewer + 1 }],
    ["half a second", { expires_in: 0.5 }],
    ["an end as text", { expires_in: "7d" }],
    ["a field that it does not know", { exp: 1 }],
  ])("AC5 a wish with %s is refused with a typed error", async (_, change) => {
    const response = await ask({ ...WISH, ...change });
    expect([response.status, await code(response)]).toEqual([400, "invalid_message"]);
  });

  test("AC5 what is no JSON is refused, and so is a wish without a token", async () => {
    expect(await code(await ask("{"))).toBe("invalid_json");
    const bare = await SELF.fetch("https://relay.test/api/tokens", { method: "POST", body: JSON.stringify(WISH) });
    expect([bare.status, await code(bare)]).toEqual([401, "unauthorized"]);
  });

  test("AC3 a page elsewhere makes no token with the cookie of somebody who is signed in", async () => {
    const Cookie = `runcast_session=${await token({ role: "owner" })}`;
    const post = (headers: Record<string, string>) =>
      SELF.fetch("https://relay.test/api/tokens", { method: "POST", headers: { Cookie, ...headers }, body: JSON.stringify(WISH) });
    expect(await code(await post({}))).toBe("origin_not_allowed");
    expect(await code(await post({ Origin: "https://elsewhere.test" }))).toBe("origin_not_allowed");
    expect((await post({ Origin: "https://relay.test" })).status).toBe(201);
  });
});
