import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Role, session } from "../../../protocol/index.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { line } from "../support/events.ts";
import { refused } from "../support/http.ts";

const ROLES: readonly Role[] = ["viewer", "operator", "agent", "owner"];
const now = () => Math.floor(Date.now() / 1000);

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JWT of any kind, good or bad. */
function forge(secret: string, said: Record<string, unknown>, { alg = "HS256", hash = "sha256" } = {}): string {
  const body = `${encode({ alg, typ: "JWT" })}.${encode(said)}`;
  return `${body}.${alg === "none" ? "" : createHmac(hash, secret).update(body).digest("base64url")}`;
}

const goodClaims = (at: Context) => ({ sub: "forged", role: "viewer", runs: at.run, exp: now() + 3600 });
const secretOf = (at: Context) => at.target.secret ?? "";

/** AC1, AC2: what a token is, and where it stands. */
const tokens = [
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
];

/** The signature of one payload over another, which covers every run. */
function tampered(token: string, said: Record<string, unknown>): string {
  const [header, , signature] = token.split(".");
  return `${header}.${encode({ ...said, runs: "*" })}.${signature}`;
}

/** AC3: what a browser sends by itself counts for pages of the relay only. */
const sessions = [
  conform("AC3 the session cookie is HttpOnly, Secure and SameSite=Lax, ends with the token, and carries a browser", async (at) => {
    await at.producer();
    const token = await at.token("viewer", { sub: "Ada" });
    for (const request of [{ body: { token } }, { headers: { Authorization: `Bearer ${token}` } }]) {
      const answer = await at.http("/api/session", null, { method: "POST", ...request });
      assert.equal(answer.status, 200, answer.text);
      const said = session.parse(answer.json);
      assert.partialDeepStrictEqual(said, { sub: "Ada", role: "viewer", runs: at.run });
      assert.ok(Math.abs(Date.parse(said.expires_at) - Date.now() - 3_600_000) < 600_000);
      const cookie = answer.headers.get("set-cookie") ?? "";
      for (const attribute of [/; *HttpOnly/i, /; *Secure/i, /; *SameSite=Lax/i, /; *Path=\//i, /; *Expires=/i])
        assert.match(cookie, attribute);
      const Cookie = cookie.split(";")[0] ?? "";
      assert.equal((await at.http(`/api/runs/${at.run}`, null, { headers: { Cookie } })).status, 200);
    }
  }),

  conform("AC3 DELETE ends the session; a page elsewhere signs nobody in or out", async (at) => {
    const token = await at.token("viewer");
    const Cookie = `runcast_session=${token}`;
    const elsewhere = { Origin: "https://elsewhere.example" };
    const post = await at.http("/api/session", null, { method: "POST", body: { token }, headers: elsewhere });
    refused(post, 403, "origin_not_allowed");
    refused(await at.http("/api/session", null, { method: "DELETE", headers: { Cookie, ...elsewhere } }), 403, "origin_not_allowed");
    refused(await at.http("/api/session", null, { method: "DELETE", headers: { Cookie } }), 403, "origin_not_allowed");
    const ended = await at.http("/api/session", null, { method: "DELETE", headers: { Cookie, Origin: at.target.url } });
    assert.equal(ended.status, 204);
    assert.match(ended.headers.get("set-cookie") ?? "", /runcast_session=;.*(?:Max-Age=0|Expires=Thu, 01 Jan 1970)/i);
  }),

  conform("AC3 a session needs a good token", async (at) => {
    refused(await at.http("/api/session", null, { method: "POST", body: { token: "bad" } }), 401, "unauthorized");
    refused(await at.http("/api/session", null, { method: "POST", body: "no JSON" }), 401, "unauthorized");
  }),

  conform("AC3 an upgrade that comes with the cookie must name the relay's own origin", async (at) => {
    await at.producer();
    const Cookie = `runcast_session=${await at.token("viewer")}`;
    const path = `/runs/${at.run}/ws`;
    refused(await at.refusal(path, { headers: { Cookie } }), 403, "origin_not_allowed");
    for (const Origin of ["https://elsewhere.example", "null", `${at.target.url}.elsewhere.example`]) {
      refused(await at.refusal(path, { headers: { Cookie, Origin } }), 403, "origin_not_allowed");
    }
    const peer = await at.open(path, { headers: { Cookie, Origin: at.target.url } });
    assert.equal((await peer.next()).type, "welcome");
  }),

  conform("AC3 a write that comes with the cookie must name the relay's own origin; one with a Bearer token need not", async (at) => {
    await at.producer();
    const token = await at.token("operator");
    const path = `/api/runs/${at.run}/commands`;
    const post = (id: string, headers: Record<string, string>) =>
      at.http(path, null, { method: "POST", body: { id, command: "stop" }, headers });
    const Cookie = `runcast_session=${token}`;
    refused(await post("a", { Cookie }), 403, "origin_not_allowed");
    refused(await post("b", { Cookie, Origin: "https://elsewhere.example" }), 403, "origin_not_allowed");
    assert.equal((await post("c", { Cookie, Origin: at.target.url })).status, 202);
    assert.equal((await post("d", { Authorization: `Bearer ${token}` })).status, 202);
    assert.partialDeepStrictEqual((await at.http(path, "viewer")).json, { commands: [{ id: "d" }, { id: "c" }] });
  }),
];

/** A token that ends in about `seconds`, the forgiven clock difference counted. */
const endsIn = (at: Context, seconds: number, role: Role = "viewer") =>
  forge(secretOf(at), { ...goodClaims(at), role, exp: now() - 30 + seconds });

/** AC4: a socket is open for as long as its token is good. */
const expiry = [
  conform(
    "AC4, VW8 a socket whose token has ended is closed with 4101 at its next frame in",
    async (at) => {
      await at.producer();
      const viewer = await at.viewer("?replay=0", { token: endsIn(at, 3) });
      const answers: string[] = [];
      let over = false;
      void viewer.closed.then(() => {
        over = true;
      });
      for (let n = 0; !over && n < 100; n++) {
        viewer.send({ type: "ping", timestamp: n });
        answers.push(
          await viewer.next().then(
            (frame) => frame.type,
            () => "closed",
          ),
        );
        await delay(100);
      }
      assert.equal((await viewer.closed).code, 4101);
      assert.ok(answers.includes("pong"), "it was good before");
    },
    { needs: ["secret"] },
  ),

  conform(
    "AC4 a socket whose token has ended gets no event any more, in either mode, and is closed with 4101",
    async (at) => {
      const producer = await at.producer();
      const viewers = [
        await at.viewer("?replay=0", { token: endsIn(at, 3) }),
        await at.viewer("?events=*&replay=0", { token: endsIn(at, 3), mode: "plain" }),
      ];
      const stays = await at.viewer("?replay=0");
      let open = viewers.length;
      for (const viewer of viewers) void viewer.closed.then(() => open--);
      for (let n = 0; open > 0 && n < 100; n++) {
        await producer.store([line(`${n}`)]);
        await stays.nextEvent((event) => event.message === `${n}`);
        await delay(100);
      }
      for (const viewer of viewers) assert.equal((await viewer.closed).code, 4101);
    },
    { needs: ["secret"] },
  ),
];

type Attempt = { what: string; may: readonly Role[]; status: number; try(at: Context, token: string): Promise<number> };

const upgradeStatus = async (at: Context, path: string, token: string): Promise<number> => {
  const headers = { Authorization: `Bearer ${token}` };
  try {
    (await at.open(path, { headers })).close();
    return 101;
  } catch {
    return (await at.refusal(path, { headers })).status;
  }
};
const read = (what: string, path: (run: string) => string, status = 200): Attempt => ({
  what,
  may: ROLES,
  status,
  try: async (at, token) => (await at.http(path(at.run), { token })).status,
});

/** The role table of the protocol, as far as its routes are built. */
const TABLE: readonly Attempt[] = [
  read("read the list of runs", () => "/api/runs"),
  read("read a run", (run) => `/api/runs/${run}`),
  read("read its events", (run) => `/api/runs/${run}/events`),
  read("read its samples", (run) => `/api/runs/${run}/samples`),
  read("read its commands", (run) => `/api/runs/${run}/commands`),
  read("read a blob", (run) => `/api/runs/${run}/blobs/${"0".repeat(64)}`, 404),
  read("read the status of connections", () => "/api/ws/status"),
  { what: "watch", may: ROLES, status: 101, try: (at, token) => upgradeStatus(at, `/runs/${at.run}/ws`, token) },
  { what: "produce", may: ["agent"], status: 101, try: (at, token) => upgradeStatus(at, `/runs/${at.run}/agent`, token) },
  {
    what: "store a blob",
    may: ["agent"],
    status: 415,
    try: async (at, token) =>
      (await at.http(`/api/runs/${at.run}/blobs/${"0".repeat(64)}`, { token }, { method: "PUT", body: "no picture" })).status,
  },
  {
    what: "command",
    may: ["operator", "owner"],
    status: 202,
    try: async (at, token) =>
      (await at.http(`/api/runs/${at.run}/commands`, { token }, { method: "POST", body: { id: "c", command: "stop" } })).status,
  },
  {
    what: "make a token",
    may: ["owner"],
    status: 201,
    try: async (at, token) => {
      const body = { role: "viewer", sub: "x", runs: at.run, expires_in: 60 };
      return (await at.http("/api/tokens", { token }, { method: "POST", body })).status;
    },
  },
];

/** AC5: each route is for certain roles and runs. */
const roles = [
  ...TABLE.map(({ what, may, status, try: attempt }) =>
    conform(`AC5 ${what}: ${may.length === ROLES.length ? "every role" : `${may.join(", ")} alone`}`, async (at) => {
      await at.producer();
      for (const role of ROLES) assert.equal(await attempt(at, await at.token(role)), may.includes(role) ? status : 403, `as ${role}`);
    }),
  ),

  conform("AC5 403 for a run that the token does not cover, whether or not it exists; 404 for one that does not exist", async (at) => {
    const mine = `${at.run}-mine`;
    const theirs = `${at.run}-theirs`;
    await at.producer({ run: theirs });
    const token = await at.token("viewer", { runs: `${mine}*` });
    for (const path of ["", "/events", "/samples", "/samples/s", "/commands"]) {
      refused(await at.http(`/api/runs/${theirs}${path}`, { token }), 403, "forbidden");
      refused(await at.http(`/api/runs/${at.run}-nobodys${path}`, { token }), 403, "forbidden");
      refused(await at.http(`/api/runs/${mine}${path}`, { token }), 404, "run_not_found");
    }
    const headers = { Authorization: `Bearer ${token}` };
    refused(await at.refusal(`/runs/${theirs}/ws`, { headers }), 403, "forbidden");
    refused(await at.refusal(`/ws?run=${theirs}`, { headers }), 403, "forbidden");
    refused(await at.refusal(`/runs/${mine}/ws`, { headers }), 404, "run_not_found");
    refused(await at.refusal("/ws", { headers }), 404, "run_not_found");
  }),

  conform("AC5 an id is never taken for a prefix, and a prefix ends where its star stands", async (at) => {
    await at.producer();
    const status = async (runs: string | string[]) =>
      (await at.http(`/api/runs/${at.run}`, { token: await at.token("viewer", { runs }) })).status;
    assert.equal(await status(at.run), 200);
    assert.equal(await status(`${at.run}*`), 200);
    assert.equal(await status(`${at.run.slice(0, -2)}*`), 200);
    assert.equal(await status([`${at.run}-other`, at.run]), 200);
    assert.equal(await status(at.run.slice(0, -1)), 403);
    assert.equal(await status(`${at.run}-*`), 403);
    assert.equal(await status(`${at.run.slice(0, -1)}X*`), 403);
  }),

  conform("AC5 lists show the runs that a token covers, and no other", async (at) => {
    for (const name of ["a-1", "a-2", "b-1"]) await at.producer({ run: `${at.run}-${name}` });
    const token = await at.token("viewer", { runs: `${at.run}-a*` });
    const listed = (await at.http("/api/runs", { token })).json as { runs: { run: string }[] };
    assert.deepEqual(
      listed.runs.map(({ run }) => run),
      [`${at.run}-a-2`, `${at.run}-a-1`],
      "newest first",
    );
    const { runs } = (await at.http("/api/ws/status", { token })).json as { runs: Record<string, unknown> };
    assert.deepEqual(new Set(Object.keys(runs)), new Set([`${at.run}-a-1`, `${at.run}-a-2`]));
    const newest = await at.open("/ws", { headers: { Authorization: `Bearer ${token}` } });
    assert.equal((await newest.next()).run, `${at.run}-a-2`);
  }),

  conform("AC5 what is no id of a run is nowhere", async (at) => {
    const token = await at.token("viewer", { runs: `${at.run}*` });
    for (const id of ["a%20b", "a%2Fb", "x".repeat(65), "%2e%2e", "a*", "%00"]) {
      const answer = await at.http(`/api/runs/${id}`, { token });
      assert.ok(answer.status === 404 || answer.status === 403, `${id}: ${answer.status}`);
      assert.equal(typeof (answer.json as { error?: { code?: unknown } } | undefined)?.error?.code, "string", `${id}: ${answer.text}`);
    }
  }),

  conform("AC5 an owner makes tokens for runs that its own token covers, and for no other", async (at) => {
    const token = await at.token("owner", { runs: [`${at.run}-a*`, `${at.run}-b`] });
    const make = (runs: unknown, more: Record<string, unknown> = {}) =>
      at.http("/api/tokens", { token }, { method: "POST", body: { role: "viewer", sub: "Ada", runs, expires_in: 120, ...more } });
    for (const runs of [`${at.run}-a*`, `${at.run}-a1`, `${at.run}-ab*`, `${at.run}-b`, [`${at.run}-a`, `${at.run}-b`]]) {
      const made = await make(runs);
      assert.equal(made.status, 201, `${JSON.stringify(runs)}: ${made.text}`);
      const { jti, expires_at } = made.json as { jti: string; expires_at: string };
      assert.ok(jti.length > 0);
      assert.ok(Math.abs(Date.parse(expires_at) - Date.now() - 120_000) < 60_000, expires_at);
    }
    for (const runs of ["*", `${at.run}*`, `${at.run}-b*`, `${at.run}-c`, [`${at.run}-a1`, `${at.run}-c`]])
      refused(await make(runs), 403, "forbidden");
    refused(await make(`${at.run}-b`, { role: "admin" }), 400, "invalid_message");
    refused(await make(`${at.run}-b`, { expires_in: -1 }), 400, "invalid_message");
    refused(await make(`${at.run}-b`, { not_known: 1 }), 400, "invalid_message");
  }),

  conform("AC5 a token that the relay made is as good as any", async (at) => {
    await at.producer();
    const token = await at.token("owner");
    const body = { role: "operator", sub: "Grace", runs: at.run, expires_in: 3600 };
    const made = (await at.http("/api/tokens", { token }, { method: "POST", body })).json as { token: string };
    const viewer = await at.viewer("?replay=0", { token: made.token });
    assert.equal(viewer.welcome.role, "operator");
    assert.deepEqual(viewer.welcome.snapshot.viewers.names, ["Grace"]);
  }),
];

/** AC6, VW8: past a limit there is a typed error, then a close; nobody else notices. */
const limits = [
  conform("AC6, VW8 a viewer's frame over 1 MiB: an error that says so, then 1009, and others go on", async (at) => {
    const producer = await at.producer();
    const other = await at.viewer("?replay=0");
    for (const frame of [JSON.stringify({ type: "ping", timestamp: "x".repeat(1024 * 1024) }), new Uint8Array(1024 * 1024 + 1)]) {
      const viewer = await at.viewer("?replay=0");
      viewer.sendRaw(frame);
      assert.partialDeepStrictEqual(await viewer.nextOf("error"), { code: "frame_too_big" });
      assert.equal((await viewer.closed).code, 1009);
    }
    await producer.store([line("on")]);
    assert.equal((await other.nextEvent(() => true)).message, "on");
  }),

  conform("AC6 a frame is measured in bytes, not in characters", async (at) => {
    await at.producer();
    const viewer = await at.viewer("?replay=0");
    viewer.sendRaw(JSON.stringify({ type: "no_such_thing", text: "€".repeat(349_000) }));
    assert.partialDeepStrictEqual(await viewer.nextOf("error"), { code: "unknown_type" });
    viewer.sendRaw(JSON.stringify({ type: "no_such_thing", text: "€".repeat(350_000) }));
    assert.partialDeepStrictEqual(await viewer.nextOf("error"), { code: "frame_too_big" });
    assert.equal((await viewer.closed).code, 1009);
  }),

  conform("AC6, VW8 an agent's frame over 4 MiB: an error that says so, then 1009; one under it is taken", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    const big = { type: "bulk", text: "x".repeat(1_000_000) };
    producer.send({ type: "batch", first_seq: 1, events: [big, big, big, big], flush: true });
    await producer.acked(4);
    producer.send({ type: "batch", first_seq: 5, events: [big, big, big, big, big], flush: true });
    assert.partialDeepStrictEqual(await producer.nextOf("error"), { code: "frame_too_big" });
    assert.equal((await producer.closed).code, 1009);
    await at.producer({ next_seq: 5, sent_seq: 4 });
    await viewer.upToPong();
  }),

  conform(
    "AC6 upgrades past 600 a minute and address are refused with 429, and say when to come back",
    async (at) => {
      // Everything else that comes from this address has to wait for a minute, too.
      for (let n = 0; n < 40; n++) {
        const answers = await Promise.all(
          Array.from({ length: 50 }, () =>
            at.http(`/runs/${at.run}/ws`, null, { headers: { Upgrade: "websocket", Connection: "Upgrade" } }),
          ),
        );
        const late = answers.find(({ status }) => status === 429);
        if (late === undefined) continue;
        refused(late, 429, "rate_limited");
        assert.ok(Number(late.headers.get("retry-after")) > 0);
        return;
      }
      assert.fail("2,000 upgrades within moments were all let through");
    },
    { slow: true, alone: true },
  ),
];

export const access = [...tokens, ...sessions, ...expiry, ...roles, ...limits];
