import assert from "node:assert/strict";
import type { Role } from "../../../protocol/index.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { refused } from "../support/http.ts";

const ROLES: readonly Role[] = ["viewer", "operator", "agent", "owner"];

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
  {
    what: "list tokens",
    may: ["owner"],
    status: 200,
    try: async (at, token) => (await at.http("/api/tokens", { token })).status,
  },
  {
    what: "revoke a token",
    may: ["owner"],
    status: 204,
    try: async (at, token) => (await at.http(`/api/tokens/${at.run}`, { token }, { method: "DELETE" })).status,
  },
  {
    what: "share the run",
    may: ["operator", "owner"],
    status: 201,
    try: async (at, token) => {
      const body = { role: "viewer", expires_in: 60 };
      return (await at.http(`/api/runs/${at.run}/share`, { token }, { method: "POST", body })).status;
    },
  },
  {
    what: "list the links to the run",
    may: ["operator", "owner"],
    status: 200,
    try: async (at, token) => (await at.http(`/api/runs/${at.run}/share`, { token })).status,
  },
];

/** AC5: each route is for certain roles and runs. */
export const roles = [
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
