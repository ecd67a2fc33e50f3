import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Role } from "../../../protocol/index.ts";
import { ROUTES } from "../../../worker/auth/role-table.ts";
import { toRoom } from "../support/proto.ts";
import { newRun } from "../support/rooms.ts";
import { ask } from "../support/route-attempts.ts";
import { type Agent, agent, batchedViewer, greetAgent, line, openAs, type Peer } from "../support/sockets.ts";
import { token } from "../support/tokens.ts";
import { BYTES, TEXTS } from "./corpus.ts";

/**
 * Whatever comes in at any entrance: no answer from 500 on, nothing in the log at `error`, and whoever watches this run or another gets
 * the next event all the same. The corpus first, then what fast-check makes. `FUZZ_SEED` and `FUZZ_RUNS` as for the room.
 */

const settings = env as unknown as Record<string, string | undefined>;
const PARAMETERS = { seed: Number(settings.FUZZ_SEED || 20), numRuns: Number(settings.FUZZ_RUNS || 60) };

type Frame = string | Uint8Array;

let run: string;
let producer: Agent;
let witnesses: Peer[];
const errors: string[] = [];
let events = 0;

beforeAll(async () => {
  run = newRun();
  const other = newRun();
  producer = await agent(run);
  const elsewhere = await agent(other);
  witnesses = [await batchedViewer(run, "?events=log&replay=0"), await batchedViewer(other, "?events=log&replay=0")];
  for (const witness of witnesses) await witness.nextOf("welcome");
  vi.spyOn(console, "log").mockImplementation((said: unknown) => {
    if (String(said).includes('"level":"error"')) errors.push(String(said));
  });
  unharmed = async () => {
    events += 1;
    const message = `event ${events}`;
    producer.batch([line(message)]);
    elsewhere.batch([line(message)]);
    for (const witness of witnesses) expect(await witness.nextOf("batch")).toMatchObject({ events: [{ message }] });
    expect(errors).toEqual([]);
  };
});
let unharmed: () => Promise<void>;
beforeEach(() => void errors.splice(0));
afterAll(() => vi.restoreAllMocks());

/** Values of every kind, where a message may want one. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(-1, 0, 1e21, 2 ** 53, "NaN", "", "*", "x".repeat(70_000), "\ud800", "__proto__", null, [], {}),
);
const MESSAGES: readonly Record<string, unknown>[] = [
  { type: "subscribe", events: ["log"] },
  { type: "unsubscribe", events: ["*"] },
  { type: "ping", timestamp: 1 },
  { type: "ack", through: 1 },
  { type: "refresh", token: "a.b.c" },
  { type: "command", id: "c", command: "sample", prompt: "p", width: 512 },
  { type: "hello", protocol: 1, life: "l", next_seq: 1, sent_seq: 0, agent: { name: "a", version: "1" }, run_info: { name: "n" } },
  { type: "batch", first_seq: 1, events: [{ type: "log", level: "info", message: "m" }], flush: true },
  { type: "command_update", id: "c", state: "applied", global_step: 1 },
];
/** Of {@link MESSAGES}, from the beginning: what a viewer may say. */
const VIEWER_KINDS = 6;
/** A good message with one field of another kind, or a field more. */
const mutated = fc
  .tuple(fc.constantFrom(...MESSAGES), fc.nat(8), fc.oneof(fc.constant(null), fc.string({ maxLength: 20 })), anything)
  .map(([message, at, added, value]) => {
    const name = added ?? Object.keys(message)[at % Object.keys(message).length] ?? "type";
    return JSON.stringify({ ...message, [name]: value });
  });
/** Good Protocol Buffers with bytes of another value, cut off, or written twice. */
const spoilt = fc
  .tuple(
    fc.constantFrom(...MESSAGES.slice(0, VIEWER_KINDS).map((message) => toRoom(message as { type: string }))),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    fc.nat(60),
    fc.uint8Array({ maxLength: 10 }),
    fc.boolean(),
  )
  .map(([message, changes, end, tail, twice]) => {
    const bytes = message.slice();
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return new Uint8Array([...(twice ? bytes : []), ...bytes.slice(0, end), ...tail]);
  });
const frame: fc.Arbitrary<Frame> = fc.oneof(mutated, spoilt, fc.json(), fc.string(), fc.uint8Array({ maxLength: 200 }));

/** Sends frames on one socket; it may be closed for them. */
async function say(mode: Parameters<typeof openAs>[1], frames: readonly Frame[], greet: boolean): Promise<void> {
  const target = mode === "agent" ? newRun() : run;
  const role = mode === "agent" ? "agent" : "operator";
  // Each from a token of its own: a token begins so many runs, and no more.
  const claims = { role, jti: crypto.randomUUID() } as const;
  const peer = greet ? await greetAgent(target, claims) : await openAs(target, mode, claims);
  for (const each of frames) {
    try {
      peer.sendRaw(each);
    } catch {
      break; // it was closed for what came before
    }
  }
  await unharmed();
  peer.close();
}

const SOCKETS = [
  ["plain", false],
  ["runcast.v1.json", false],
  ["runcast.v1.proto", false],
  ["agent", false],
  ["agent", true],
] as const;

describe("whatever a socket is sent", () => {
  test.each(SOCKETS)("AC6 corpus: %s, after a hello: %s", async (mode, greet) => {
    for (const each of [...TEXTS, ...BYTES]) await say(mode, [each], greet);
  });

  test.each(SOCKETS)("AC6 random: %s, after a hello: %s", async (mode, greet) => {
    const frames = fc.array(frame, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(frames, (said) => say(mode, said, greet)),
      PARAMETERS,
    );
  });
});

/** Between them these may do everything. */
const WHO_MAY: readonly Role[] = ["owner", "agent"];
const EVERYONE: readonly Role[] = [...WHO_MAY, "operator", "viewer"];

/** A request of a row of the role table, by default by those who may. */
async function request(
  name: string,
  fill: string,
  query: string,
  headers: Record<string, string>,
  body: Frame,
  roles: readonly Role[] = WHO_MAY,
): Promise<void> {
  const [method = "GET", pattern = ""] = name.split(" ");
  const path = pattern.replaceAll(/:(run|id|sha256|jti)/g, (_, part) =>
    part === "run" && fill === "" ? run : encodeURIComponent(fill || "x"),
  );
  for (const role of roles) {
    const content = method === "GET" || method === "DELETE" ? {} : { body: body as BodyInit };
    // The witnessed run is not to be deleted.
    if (name === "DELETE /api/runs/:run" && path.endsWith(run)) continue;
    const response = await ask(`${path}${query}`, await token({ role }), { method, headers, ...content });
    response.webSocket?.accept();
    expect([name, path, query, response.status < 500, response.status < 500 ? "" : await response.text()]).toEqual([
      name,
      path,
      query,
      true,
      "",
    ]);
    response.webSocket?.close();
    await response.body?.cancel();
  }
}

const PARTS = ["", ".", "..", "%00", "a/b", "é", "x".repeat(300), "'; DROP TABLE runs; --", "__proto__", "\u202e"];
const QUERIES = [
  "?after=-1",
  "?after=99999999999999999",
  "?limit=0",
  "?since=x",
  "?since=a:9999999999999999999",
  "?events=,,,",
  "?run=..",
  "?replay=1e9",
  "?token=%ff",
  "?since=%00%ed%a0%80",
  `?since=${"9".repeat(5000)}`,
  "?events=%e6%97%a5,%0d%0a,__proto__",
  `?events=${"x,".repeat(5000)}`,
  `?${"events=log&".repeat(500)}`,
  "?__proto__=1&constructor=2&after=1",
];
const header = fc.constantFrom(
  "Range",
  "If-None-Match",
  "If-Range",
  "Accept",
  "Content-Type",
  "Content-Encoding",
  "Upgrade",
  "Sec-WebSocket-Protocol",
  "Origin",
  "Cookie",
  "Authorization",
  "Content-Length",
  "CF-Connecting-IP",
);
const headerText = fc.oneof(
  fc.stringMatching(/^[ -~]{0,40}$/).map((text) => text.trim()),
  fc.constantFrom(
    "x".repeat(9000),
    "bytes=0-,5-",
    "bytes=-0",
    "bytes=9999999999999999999-",
    'W/"',
    "Bearer ",
    "Basic Og==",
    "null",
    "gzip",
  ),
);

/** Upgrades are headers alone. The key and version are the platform's; what a client offers is ours. */
const UPGRADES: readonly Record<string, string>[] = [
  { "Sec-WebSocket-Protocol": "" },
  { "Sec-WebSocket-Protocol": ",,, ," },
  { "Sec-WebSocket-Protocol": "runcast.v1.json,".repeat(500) },
  { "Sec-WebSocket-Protocol": "bearer." },
  { "Sec-WebSocket-Protocol": "bearer.a.b.c, bearer.d.e.f, runcast.v1.proto" },
  { "Sec-WebSocket-Protocol": `bearer.${"x".repeat(20_000)}` },
  { "Sec-WebSocket-Protocol": "__proto__, constructor, runcast.v1" },
  { "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=99999" },
  { "Sec-WebSocket-Extensions": "permessage-deflate; ".repeat(300) },
  { "Sec-WebSocket-Extensions": ";;;=,," },
  { Origin: "null" },
  { Origin: "javascript:alert(1)" },
  { Cookie: "runcast_session=%ff; runcast_session=a.b.c" },
  { Cookie: "=;".repeat(2000) },
  { "x-runcast-upgrade": '{"kind":"agent"}' },
];

describe("whatever a route is asked", () => {
  test.each(Object.keys(ROUTES))("AC6 corpus: %s", async (name) => {
    for (const part of PARTS) await request(name, part, "", {}, "{}");
    for (const query of QUERIES) await request(name, "", query, {}, "{}");
    for (const body of [...TEXTS, ...BYTES]) if (/^(?:POST|PUT)/.test(name)) await request(name, "", "", {}, body);
    await unharmed();
  });

  test.each(["GET /runs/:run/ws", "GET /ws", "GET /runs/:run/agent"])("AC6 corpus of upgrades: %s", async (name) => {
    for (const headers of UPGRADES) await request(name, "", "?run=__proto__", { Upgrade: "websocket", ...headers }, "");
    for (const query of ["", ...QUERIES]) await request(name, "", query, { Upgrade: "websocket" }, "");
    await unharmed();
  });

  test("AC6 random paths, queries, headers and bodies", async () => {
    const name = fc.constantFrom(...Object.keys(ROUTES));
    const query = fc.webQueryParameters().map((text) => `?${text}`);
    const headers = fc.dictionary(header, headerText, { maxKeys: 3 });
    const path = fc.string({ unit: "binary", maxLength: 80 }).map((text) => text.toWellFormed());
    const roles = fc.constantFrom(...EVERYONE).map((role) => [role]);
    const property = fc.asyncProperty(name, path, query, headers, frame, roles, request);
    await fc.assert(property, { ...PARAMETERS, numRuns: PARAMETERS.numRuns * 3 });
    await unharmed();
  });
});
