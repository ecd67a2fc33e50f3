import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { eventSchemas, isKnownType } from "../../../protocol/index.ts";
import { evict, newRun } from "../support/rooms.ts";
import { ask } from "../support/route-attempts.ts";
import { type Agent, agent, batchedViewer, type Json, type Peer, plainViewer, protoViewer } from "../support/sockets.ts";
import { token } from "../support/tokens.ts";
import { EVENTS } from "./corpus.ts";

/**
 * Events as a producer may write them, however odd: each is refused by its number, or goes to every viewer in every mode and into every
 * answer, and the run goes on. `FUZZ_SEED` and `FUZZ_RUNS` as for the room.
 */

const settings = env as unknown as Record<string, string | undefined>;
const PARAMETERS = { seed: Number(settings.FUZZ_SEED || 21), numRuns: Number(settings.FUZZ_RUNS || 150) };

let run: string;
let producer: Agent;
let watching: { plain: Peer; batched: Peer; proto: Peer };
let seq = 0;
let owner: string;
const errors: string[] = [];

beforeAll(async () => {
  run = newRun();
  owner = await token({ role: "owner" });
  producer = await agent(run);
  watching = {
    plain: await plainViewer(run, "?events=*&replay=0"),
    batched: await batchedViewer(run, "?replay=0"),
    proto: await protoViewer(run, "?replay=0"),
  };
  for (const viewer of Object.values(watching)) await viewer.nextOf("welcome");
  vi.spyOn(console, "log").mockImplementation((said: unknown) => {
    if (String(said).includes('"level":"error"')) errors.push(String(said));
  });
  return () => vi.restoreAllMocks();
});
beforeEach(() => void errors.splice(0));

/** What is refused counts as a message too many (AC6): who means to send many of those connects again now and then. */
const SAID_BY_ONE = 200;
/** Far below what a viewer's window holds, and a message now and then. */
const ACK_EVERY = 10;
let said = 0;

/** Sends one event as text, so that a name may come twice. @returns the room's answer */
async function say(event: string): Promise<Json> {
  said += 1;
  if (said % SAID_BY_ONE === 0) producer = await agent(run, { next_seq: seq + 1, sent_seq: seq });
  producer.sendRaw(`{"type":"batch","first_seq":${seq + 1},"events":[${event}],"flush":true}`);
  for (;;) {
    const answer = await producer.next();
    if (answer.type !== "demand") return answer;
  }
}

/** Fields as sorted pairs: one may be called `__proto__`. */
function pairs(event: object): [string, unknown][] {
  return Object.entries(event)
    .filter(([name]) => name !== "offset" && name !== "timestamp")
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

async function play(event: string): Promise<void> {
  // Left by a play that failed: what is shrunk begins anew.
  for (const viewer of Object.values(watching)) while (viewer.waiting().length > 0) await viewer.next();
  const answer = await say(event);
  if (answer.type === "error") {
    expect(answer).toMatchObject({ code: expect.stringMatching(/^(?:invalid_message|event_too_big)$/), seq: seq + 1 });
    expect(String(answer.message).length).toBeLessThan(400);
  } else {
    expect(answer).toMatchObject({ type: "ack", seq: seq + 1 });
    seq += 1;
    // Read and written once, as the room does: no JSON holds 1e999.
    const given = pairs(JSON.parse(JSON.stringify(JSON.parse(event))));
    expect(pairs(await watching.plain.next())).toEqual(given);
    const batch = await watching.batched.next();
    expect((batch.events as Json[]).map(pairs)).toEqual([given]);
    expect(await watching.proto.next()).toMatchObject({ type: "batch", through: batch.through });
    if (seq % ACK_EVERY === 0)
      for (const viewer of [watching.batched, watching.proto]) viewer.send({ type: "ack", through: batch.through });
  }
  expect(errors).toEqual([]);
}

async function everythingIsRead(): Promise<void> {
  const at = `/api/runs/${run}`;
  for (const path of ["/api/runs", "/api/ws/status", at, `${at}/events?limit=1000`, `${at}/samples`, `${at}/commands`]) {
    const response = await ask(path, owner);
    expect([path, response.status]).toEqual([path, 200]);
    await response.json();
  }
  for (const join of [plainViewer, batchedViewer, protoViewer]) {
    const late = await join(run, "?events=*");
    expect((await late.nextOf("welcome")).run).toBe(run);
    late.close();
  }
  expect(errors).toEqual([]);
}

const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "offset",
  "timestamp",
  "0",
  "",
  "extra_json",
  "body",
  "steps",
  "series",
  "\ud800",
  "a.b",
];
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom("\0", "\ufeff", "\r\n", "\u2028", "\ud83d", "NaN", "x".repeat(9000)),
);
const number = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constantFrom(0, -1, 1, 2 ** 53, 1e300));
const value: fc.Arbitrary<unknown> = fc.oneof(
  text,
  number,
  fc.constantFrom(null, true, [], {}, "running", "info", "stop", "queued", "2026-11-01T00:00:00.000Z", "yesterday"),
  fc.array(fc.oneof(number, text, fc.constant(null)), { maxLength: 4 }),
  fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), text), fc.array(number, { maxLength: 2 }), { maxKeys: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
);
/** What the fields of a type that must be there may be. */
const NEEDED: { readonly [type: string]: Record<string, unknown> } = {
  training_status: { status: "running" },
  sample_generated: { sample_id: "s" },
  log: { level: "info", message: "m" },
  metrics: { steps: [1], series: { loss: ["NaN"] } },
  command_status: { command_id: "c", command: "stop", state: "queued" },
  agent_status: { connected: true },
  training_health: { process: { state: "alive" }, progress: { state: "advancing" } },
};
/** An event of a known type, or another, with fields of its type and others of any kind. */
const event = fc.oneof(fc.constantFrom(...Object.keys(eventSchemas)), fc.constantFrom(...NAMES), text).chain((type) => {
  const own = isKnownType(type) ? Object.keys(eventSchemas[type].shape) : [];
  const name = fc.oneof(
    { weight: own.length, arbitrary: fc.constantFrom(...own, "x") },
    { weight: 2, arbitrary: fc.constantFrom(...NAMES) },
    text,
  );
  const fields = fc.array(fc.tuple(name, value), { maxLength: 5 });
  return fields.map((more) => {
    const all = [...Object.entries({ type, ...NEEDED[type] }), ...more.filter(([added]) => added !== "type")];
    // As text, field by field: names may come twice, and `__proto__` is a name.
    return `{${all.map(([field, content]) => `${JSON.stringify(field)}:${JSON.stringify(content)}`).join(",")}}`;
  });
});

describe("odd events", () => {
  test("AC6 corpus: each is refused by its number or reaches everybody, and the run goes on", async () => {
    for (const each of EVENTS) await play(each);
    await everythingIsRead();
  });

  test("AC6 random: each is refused by its number or reaches everybody, and the run goes on", async () => {
    await fc.assert(fc.asyncProperty(event, play), PARAMETERS);
    await everythingIsRead();
    await evict(run);
    await everythingIsRead();
    // Among all that was the agent's word on its own link, which the room may have taken for the last one: it sets that right first.
    producer = await agent(run, { next_seq: seq + 1, sent_seq: seq });
    await ask(`/api/runs/${run}`, owner);
    await play('{"type":"log","level":"info","message":"after it all"}');
  });

  test.each(["constructor", "toString", "valueOf"])("AC6 a run may be called %s", async (name) => {
    const itsAgent = await agent(name);
    const viewer = await batchedViewer(name);
    await viewer.nextOf("welcome");
    const status = await (await ask("/api/ws/status", owner)).json<{ runs: object }>();
    expect(Object.hasOwn(status.runs, name)).toBe(true);
    expect((await ask(`/api/runs/${name}`, owner)).status).toBe(200);
    for (const peer of [viewer, itsAgent]) peer.close();
  });
});
