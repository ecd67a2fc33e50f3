import assert from "node:assert/strict";
import { TOKEN_ATTACKS } from "../../support/token-attacks.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { forge, goodClaims, now, secretOf, tampered } from "../support/forge.ts";
import { refused } from "../support/http.ts";

/** AC1, AC2: what a token is, and where it stands. */
export const tokens = [
  conform("AC1 without a token nothing is readable but /healthz", async (at) => {
    await at.producer();
    assert.equal((await at.http("/healthz", null)).status, 200);
    const { run } = at;
    for (const path of [
      "/api/runs",
      `/api/runs/${run}`,
      `/api/runs/${run}/events`,
      `/api/runs/${run}/samples`,
      `/api/runs/${run}/samples/s1`,
      `/api/runs/${run}/commands`,
      `/api/runs/${run}/blobs/${"0".repeat(64)}`,
      "/api/ws/status",
    ]) {
      const answer = await at.http(path, null);
      refused(answer, 401, "unauthorized");
      assert.equal(answer.headers.get("www-authenticate"), "Bearer", path);
    }
    for (const path of [`/runs/${run}/ws`, "/ws", `/runs/${run}/agent`]) refused(await at.refusal(path, {}), 401, "unauthorized");
  }),

  conform(
    "AC1 a token that a relay would make is good when we sign it ourselves: what the next cases change is what is wrong with them",
    async (at) => {
      await at.producer();
      const token = forge(secretOf(at), { ...goodClaims(at), something_new: [1] });
      assert.equal((await at.http(`/api/runs/${at.run}`, { token })).status, 200);
    },
    { needs: ["secret"] },
  ),

  ...(
    [
      ["signed by another key", (at: Context) => forge("another key that is long enough to be one", goodClaims(at))],
      ["with alg none", (at: Context) => forge(secretOf(at), goodClaims(at), { alg: "none" })],
      ["with alg HS512", (at: Context) => forge(secretOf(at), goodClaims(at), { alg: "HS512", hash: "sha512" })],
      ["that says HS384 over a signature of HS256", (at: Context) => forge(secretOf(at), goodClaims(at), { alg: "HS384" })],
      ["without sub", (at: Context) => forge(secretOf(at), { ...goodClaims(at), sub: undefined })],
      ["with an empty sub", (at: Context) => forge(secretOf(at), { ...goodClaims(at), sub: "" })],
      ["without role", (at: Context) => forge(secretOf(at), { ...goodClaims(at), role: undefined })],
      ["with a role of its own", (at: Context) => forge(secretOf(at), { ...goodClaims(at), role: "admin" })],
      ["without runs", (at: Context) => forge(secretOf(at), { ...goodClaims(at), runs: undefined })],
      ["with no run at all", (at: Context) => forge(secretOf(at), { ...goodClaims(at), runs: [] })],
      [
        "with 65 patterns",
        (at: Context) => forge(secretOf(at), { ...goodClaims(at), runs: Array.from({ length: 65 }, (_, n) => `r${n}`) }),
      ],
      ["with a star in the middle", (at: Context) => forge(secretOf(at), { ...goodClaims(at), runs: "co*nf" })],
      ["without exp", (at: Context) => forge(secretOf(at), { ...goodClaims(at), exp: undefined })],
      ["with exp as text", (at: Context) => forge(secretOf(at), { ...goodClaims(at), exp: String(now() + 3600) })],
      ["not yet valid", (at: Context) => forge(secretOf(at), { ...goodClaims(at), nbf: now() + 3600 })],
      ["of 9 KiB", (at: Context) => forge(secretOf(at), { ...goodClaims(at), more: "x".repeat(9 * 1024) })],
      ["with its payload changed", (at: Context) => tampered(forge(secretOf(at), goodClaims(at)), goodClaims(at))],
    ] as const
  ).map(([what, make]) =>
    conform(
      `AC1 a token ${what} is refused, over HTTP and at an upgrade`,
      async (at) => {
        await at.producer();
        const token = make(at);
        refused(await at.http(`/api/runs/${at.run}`, { token }), 401, "unauthorized");
        refused(await at.refusal(`/runs/${at.run}/ws`, { headers: { Authorization: `Bearer ${token}` } }), 401, "unauthorized");
      },
      { needs: ["secret"] },
    ),
  ),

  ...["", "abc", "a.b.c", "..", "null"].map((token) =>
    conform(`AC1 what is no token is refused: "${token}"`, async (at) => {
      await at.producer();
      refused(await at.http(`/api/runs/${at.run}?token=${token}`, null), 401, "unauthorized");
    }),
  ),

  conform(
    "AC1 30 s of clock difference are forgiven, and not more",
    async (at) => {
      await at.producer();
      const ended = (seconds: number) => ({ token: forge(secretOf(at), { ...goodClaims(at), exp: now() - seconds }) });
      assert.equal((await at.http(`/api/runs/${at.run}`, ended(15))).status, 200);
      refused(await at.http(`/api/runs/${at.run}`, ended(35)), 401, "token_expired");
      const early = { token: forge(secretOf(at), { ...goodClaims(at), nbf: now() + 15 }) };
      assert.equal((await at.http(`/api/runs/${at.run}`, early)).status, 200);
    },
    { needs: ["secret"] },
  ),

  conform("AC2 a token comes as Bearer header, as sub-protocol, as ?token= and as the session cookie", async (at) => {
    await at.producer();
    const token = await at.token("viewer");
    assert.equal((await at.http(`/api/runs/${at.run}`, { token })).status, 200);
    assert.equal((await at.http(`/api/runs/${at.run}?token=${token}`, null)).status, 200);
    assert.equal((await at.http(`/api/runs/${at.run}`, null, { headers: { Cookie: `other=1; runcast_session=${token}` } })).status, 200);
    const byQuery = await at.open(`/runs/${at.run}/ws?token=${token}`, {});
    assert.equal((await byQuery.next()).type, "welcome");
    for (const mode of ["runcast.plain", "runcast.v1.json"]) {
      const byProtocol = await at.open(`/runs/${at.run}/ws`, { protocols: [mode, `bearer.${token}`] });
      assert.equal(byProtocol.protocol, mode, "the token is never echoed");
      assert.equal((await byProtocol.next()).type, "welcome");
    }
  }),

  conform("AC2 the first token that is there counts, also when it is bad", async (at) => {
    await at.producer();
    const token = await at.token("viewer");
    const cookie = { Cookie: `runcast_session=${token}`, Origin: at.target.url };
    refused(await at.http(`/api/runs/${at.run}?token=${token}`, { token: "bad" }, { headers: cookie }), 401, "unauthorized");
    refused(await at.http(`/api/runs/${at.run}?token=bad`, null, { headers: cookie }), 401, "unauthorized");
    const refusal = await at.refusal(`/runs/${at.run}/ws?token=${token}`, { protocols: ["runcast.plain", "bearer.bad"], headers: cookie });
    refused(refusal, 401, "unauthorized");
  }),

  conform(
    `AC1 ${TOKEN_ATTACKS.length} forged tokens are refused as header and as ?token=, those of 64 KiB too: 4xx, never 5xx`,
    async (at) => {
      await at.producer();
      for (const { what, make, queryOnly } of TOKEN_ATTACKS) {
        const token = await make(secretOf(at), goodClaims(at));
        const asked = [await at.http(`/api/runs/${at.run}?token=${encodeURIComponent(token)}`, null)];
        if (!queryOnly) asked.push(await at.http(`/api/runs/${at.run}`, { token }));
        // One that is too long may be refused by whatever stands before the relay.
        const good = token.length > 8192 ? [401, 413, 414, 431] : [401];
        for (const { status } of asked) assert.ok(good.includes(status), `${what}: ${status}`);
      }
    },
    { needs: ["secret"] },
  ),
];
