import { SELF } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { TokenMade, TokenRecord } from "../../../protocol/index.ts";
import type { Env } from "../../../worker/env.ts";
import { room } from "./rooms.ts";
import { agent } from "./sockets.ts";
import { token } from "./tokens.ts";

const { BLOBS } = env as unknown as Env;

/** Two runs that exist, and who may do anything with both. */
export type World = { readonly run: string; readonly other: string; readonly owner: string };

/** One way to try a route with success, for whoever may. */
export type Attempt = {
  /** What a caller gets that may. */
  status: number;
  /** What a caller without a token gets, where the route does not say 401. */
  bare?: number;
  /** @param run the run in the path; of a route of the caller's own runs, the one that its token is for */
  ask(at: World, token: string | null, run: string): Promise<Response>;
  /** Of a route of the caller's own runs: that the answer shows, or did, nothing of the other run. */
  keepsTo?(at: World, response: Response, run: string, other: string): Promise<void>;
};

type Request = { method?: string; body?: BodyInit; headers?: Record<string, string> };

export async function ask(path: string, as: string | null, { method = "GET", body, headers = {} }: Request = {}): Promise<Response> {
  const authorization: Record<string, string> = as === null ? {} : { Authorization: `Bearer ${as}` };
  const init = { method, headers: { "CF-Connecting-IP": crypto.randomUUID(), ...authorization, ...headers } };
  return SELF.fetch(`https://relay.test${path}`, body === undefined ? init : { ...init, body });
}

export async function createWorld(run: string, other: string): Promise<World> {
  const at = { run, other, owner: await token({ role: "owner", sub: "the owner" }) };
  await begin(run);
  await begin(other);
  return at;
}

const PNG = new Uint8Array([
  ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
  ...[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...new TextEncoder().encode("\0\0\0\0IDAT"),
]);

/** A run with a producer and a sample, where there is none yet. */
async function begin(run: string): Promise<void> {
  if ((await room(run).summary()) !== null) return;
  const producer = await agent(run);
  producer.batch([{ type: "sample_generated", sample_id: "s1", global_step: 1 }]);
  await producer.nextOf("ack");
}

async function pictureName(): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", PNG));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function storePicture(run: string, as: string | null): Promise<Response> {
  return ask(`/api/runs/${run}/blobs/${await pictureName()}`, as, { method: "PUT", body: PNG });
}

async function upgrade(path: string, as: string | null): Promise<Response> {
  return ask(path, as, { headers: { Upgrade: "websocket" } });
}

async function share(run: string, as: string | null): Promise<Response> {
  return ask(`/api/runs/${run}/share`, as, { method: "POST", body: JSON.stringify({ role: "viewer", expires_in: 60 }) });
}

function read(path: (run: string) => string): Attempt {
  return { status: 200, ask: (_, as, run) => ask(path(run), as) };
}

/** A read whose answer names the runs that it is about. */
function listing(path: string): Attempt {
  return {
    status: 200,
    ask: (_, as) => ask(path, as),
    async keepsTo(_, response, run, other) {
      const text = await response.text();
      expect(text).toContain(`"${run}"`);
      expect(text).not.toContain(`"${other}"`);
    },
  };
}

const wish = (runs: string) => JSON.stringify({ role: "viewer", sub: "Ada", runs, expires_in: 60 });

/** Every row of the role table, tried so that it works. Rows that are not there yet harm nothing; a row without an attempt fails the test. */
export const ATTEMPTS: Partial<Record<string, Attempt>> = {
  "GET /healthz": { status: 200, bare: 200, ask: (_, as) => ask("/healthz", as) },
  "GET /metrics": { status: 200, ask: (_, as) => ask("/metrics", as) },
  "POST /api/session": { status: 200, bare: 401, ask: (_, as) => ask("/api/session", as, { method: "POST" }) },
  "DELETE /api/session": { status: 204, bare: 204, ask: (_, as) => ask("/api/session", as, { method: "DELETE" }) },

  "GET /api/ws/status": listing("/api/ws/status"),
  "GET /api/runs": listing("/api/runs"),
  "GET /api/runs/:run": read((run) => `/api/runs/${run}`),
  "GET /api/runs/:run/events": read((run) => `/api/runs/${run}/events`),
  "GET /api/runs/:run/metrics": read((run) => `/api/runs/${run}/metrics`),
  "GET /api/runs/:run/samples": read((run) => `/api/runs/${run}/samples`),
  "GET /api/runs/:run/samples/:id": read((run) => `/api/runs/${run}/samples/s1`),
  "GET /api/runs/:run/commands": read((run) => `/api/runs/${run}/commands`),
  "GET /api/runs/:run/blobs/:sha256": {
    status: 200,
    async ask(_, as, run) {
      const name = `runs/${run}/${await pictureName()}`;
      if ((await BLOBS.head(name)) === null) await storePicture(run, await token({ role: "agent" }));
      return ask(`/api/runs/${run}/blobs/${await pictureName()}`, as);
    },
  },
  "GET /runs/:run/ws": { status: 101, ask: (_, as, run) => upgrade(`/runs/${run}/ws`, as) },
  "GET /ws": {
    status: 101,
    ask: (_, as) => upgrade("/ws", as),
    async keepsTo(_, response, run) {
      expect(await welcomed(response)).toBe(run);
    },
  },

  "POST /api/runs/:run/commands": {
    status: 202,
    ask: (_, as, run) =>
      ask(`/api/runs/${run}/commands`, as, { method: "POST", body: JSON.stringify({ id: crypto.randomUUID(), command: "save" }) }),
  },
  "POST /api/runs/:run/share": { status: 201, ask: (_, as, run) => share(run, as) },
  "GET /api/runs/:run/share": read((run) => `/api/runs/${run}/share`),
  "DELETE /api/runs/:run/share/:jti": {
    status: 204,
    async ask(at, as, run) {
      const { jti } = await (await share(run, at.owner)).json<TokenMade>();
      return ask(`/api/runs/${run}/share/${jti}`, as, { method: "DELETE" });
    },
  },
  "DELETE /api/runs/:run": {
    status: 204,
    async ask(_, as, run) {
      await begin(run);
      return ask(`/api/runs/${run}`, as, { method: "DELETE" });
    },
  },

  "GET /runs/:run/agent": { status: 101, ask: (_, as, run) => upgrade(`/runs/${run}/agent`, as) },
  "PUT /api/runs/:run/blobs/:sha256": {
    status: 201,
    async ask(_, as, run) {
      await BLOBS.delete(`runs/${run}/${await pictureName()}`);
      return storePicture(run, as);
    },
  },

  "GET /api/tokens": {
    status: 200,
    async ask(at, as) {
      for (const run of [at.run, at.other]) await ask("/api/tokens", at.owner, { method: "POST", body: wish(run) });
      return ask("/api/tokens", as);
    },
    async keepsTo(_, response, run) {
      const { tokens } = await response.json<{ tokens: TokenRecord[] }>();
      expect(new Set(tokens.map(({ runs }) => runs))).toEqual(new Set([run]));
    },
  },
  "POST /api/tokens": {
    status: 201,
    ask: (_, as, run) => ask("/api/tokens", as, { method: "POST", body: wish(run) }),
    async keepsTo(_, response, run, other) {
      const { token: made } = await response.json<TokenMade>();
      expect([(await ask(`/api/runs/${run}`, made)).status, (await ask(`/api/runs/${other}`, made)).status]).toEqual([200, 403]);
    },
  },
  "DELETE /api/tokens/:jti": {
    status: 204,
    ask: (_, as, run) => ask(`/api/tokens/of-${run}`, as, { method: "DELETE" }),
    async keepsTo(at, _, run, other) {
      const both = await token({ runs: [at.run, at.other], jti: `of-${run}` });
      expect([(await ask(`/api/runs/${run}`, both)).status, (await ask(`/api/runs/${other}`, both)).status]).toEqual([401, 200]);
    },
  },
};

/** @returns the run that a viewer's socket is told it is in */
async function welcomed(response: Response): Promise<string> {
  const socket = response.webSocket;
  if (!socket) throw new Error("no socket");
  const first = new Promise<string>((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve((JSON.parse(String(data)) as { run: string }).run), { once: true });
  });
  socket.accept();
  return first;
}
