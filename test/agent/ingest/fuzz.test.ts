import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Ingest, type Received, startIngest } from "../../../agent/ingest/ingest.ts";
import { createDigest } from "../../../agent/session/digest.ts";
import { EVENT_MAX, HOOK_LINE_MAX, type HookMessage, hookMessage, parseEvent } from "../../../protocol/index.ts";
import { until } from "../../support/until.ts";
import { BYTES, TEXTS } from "../../worker/fuzz/corpus.ts";
import { LINES } from "./corpus.ts";

/**
 * Whatever comes in at the agent's local port, before a hello and after it: nothing is thrown, and another hook's messages are recorded
 * all the same. And whatever a hook's messages say, what is made of them is events that a room takes. `FUZZ_SEED` and `FUZZ_RUNS` as for the room.
 */

const PARAMETERS = { seed: Number(process.env.FUZZ_SEED || 22), numRuns: Number(process.env.FUZZ_RUNS || 150) };

type Piece = string | Uint8Array;

/** An ingest, and a hook that means well. */
async function witnessedIngest() {
  const recorded = new Map<string, number>();
  const taken: Received[] = [];
  const ingest = await startIngest({
    receive: (received) => {
      taken.push(received);
      recorded.set(received.session, received.message.n);
      received.connection.acknowledge(received.message.n);
    },
    recordedUpTo: (session) => recorded.get(session) ?? null,
    hooksChanged: () => undefined,
  });
  onTestFinished(ingest.close);
  const { socket, answers } = await connect(ingest);
  socket.write(hello(ingest, "witness"));
  let n = 0;
  const unharmed = async () => {
    n += 1;
    socket.write(`${JSON.stringify({ type: "log", n, t: 0, level: "info", message: `line ${n}` })}\n`);
    await until(() => answers.at(-1) === `{"type":"ack","n":${n}}`, { what: `the answer to message ${n}` });
    expect(recorded.get("witness")).toBe(n);
  };
  await until(() => answers.length === 1, { what: "the answer to hello" });
  return { ingest, taken, unharmed };
}

async function connect(ingest: Ingest) {
  const socket = createConnection(ingest.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  const answers: string[] = [];
  createInterface({ input: socket }).on("line", (line) => answers.push(line));
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  return { socket, answers, closed };
}

function hello(ingest: Ingest, session: string): string {
  return `${JSON.stringify({ type: "hello", protocol: 1, token: ingest.token, session, pid: 1, version: "0", python: "3.11.0" })}\n`;
}

/** All pieces, each in a packet of its own where the kernel lets it, and the end. */
async function write(socket: Socket, pieces: readonly Piece[]): Promise<void> {
  socket.setNoDelay(true);
  for (const piece of pieces) await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  socket.end();
}

let sessions = 0;
/** Somebody who means harm, or is broken. @param greet with the token */
async function harm({ ingest, unharmed }: Awaited<ReturnType<typeof witnessedIngest>>, greet: boolean, pieces: readonly Piece[]) {
  sessions += 1;
  const { socket, answers, closed } = await connect(ingest);
  await write(socket, greet ? [hello(ingest, `s${sessions}`), ...pieces] : pieces);
  await closed;
  for (const answer of answers) expect(answer.length).toBeLessThan(600);
  expect(answers.join("")).not.toContain(ingest.token);
  await unharmed();
}

const MESSAGES: readonly Record<string, unknown>[] = [
  { type: "run_info", n: 1, t: 0, trainer: "python", version: "1", name: "n", config: { batch: 4, nested: { token: "x" } } },
  { type: "progress", n: 1, t: 0, epoch: 0, epoch_step: 1, global_step: 1, max_step: 8, max_epoch: 3 },
  { type: "status_text", n: 1, t: 0, text: "training" },
  { type: "status", n: 1, t: 0, status: "running", phase: "training", message: "m", error: null },
  {
    type: "scalars",
    n: 1,
    t: 0,
    rows: [
      [0, "loss/train_step", 0.5, 1],
      [0, "lr/unet", "NaN", null],
    ],
  },
  { type: "sample", n: 1, t: 0, sample_type: "default", path: "/tmp/x.png", step: 1, epoch: 0, prompt: "p" },
  { type: "sample_progress", n: 1, t: 0, sample_type: "custom", step: 1, max_step: 20 },
  { type: "log", n: 1, t: 0, level: "info", message: "m" },
  { type: "stop_requested", n: 1, t: 0 },
  { type: "error", n: 1, t: 0, message: "ValueError: x" },
  { type: "end", n: 1, t: 0 },
  { type: "dropped", n: 1, t: 0, counts: { log: 3 } },
  { type: "command_update", n: 1, t: 0, id: "c", state: "applied", global_step: 1, error: null },
];
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "",
    "\0",
    "\ud800",
    "\r\n",
    "\u2028",
    "loss/train_step",
    "training",
    "x".repeat(8000),
    "é".repeat(8000),
  ),
);
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.nat(50),
  fc.maxSafeInteger(),
  fc.constantFrom(1e300, -1e300, 8.64e12, 1e-320),
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  text,
  number,
  fc.constantFrom(null, true, [], {}, "running", "NaN", "Infinity"),
  fc.array(fc.tuple(number, text, fc.oneof(number, fc.constant("NaN")), fc.oneof(fc.maxSafeInteger(), fc.constant(null))), {
    maxLength: 5,
  }),
  fc.dictionary(text, fc.oneof(fc.nat(), text, fc.jsonValue({ maxDepth: 4 })), { maxKeys: 4 }),
);
/** A good message with some fields of another kind, or fields more. */
const mutated = fc
  .tuple(
    fc.constantFrom(...MESSAGES),
    fc.array(fc.tuple(fc.nat(12), fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, text), value), { maxLength: 3 }),
  )
  .map(([message, changes]) => {
    const fields = Object.entries(message);
    const names = Object.keys(message).filter((name) => name !== "type");
    for (const [at, added, content] of changes) fields.push([added ?? names[at % names.length] ?? "n", content]);
    // Of a name that comes twice the later one counts.
    return `{${fields.map(([name, content]) => `${JSON.stringify(name)}:${JSON.stringify(content)}`).join(",")}}`;
  });
/** Lines, cut anywhere, with or without their ends. */
const pieces: fc.Arbitrary<Piece[]> = fc.array(
  fc.oneof(
    mutated.map((line) => `${line}\n`),
    fc.tuple(mutated, fc.nat(200)).map(([line, at]) => line.slice(0, at)),
    fc.json().map((line) => `${line}\r\n`),
    fc.uint8Array({ maxLength: 100 }),
    fc.constantFrom("\n", "\n\n\n", "\0\n", "\ufeff{}\n"),
  ),
  { maxLength: 6 },
);

describe("whatever comes in at the local port", () => {
  test.each([[false], [true]])("AC7 corpus, after a hello: %s", async (greet) => {
    const at = await witnessedIngest();
    for (const each of [...LINES, ...TEXTS]) await harm(at, greet, [each, "\n"]);
    for (const each of BYTES) await harm(at, greet, [each]);
    await harm(at, greet, ["x".repeat(HOOK_LINE_MAX + 10)]);
  });

  test.each([[false], [true]])("AC7 random, after a hello: %s", async (greet) => {
    const at = await witnessedIngest();
    await fc.assert(
      fc.asyncProperty(pieces, (written) => harm(at, greet, written)),
      PARAMETERS,
    );
  });

  test("AC7 a line is the same line however the network cuts it", async () => {
    const at = await witnessedIngest();
    const line = Buffer.from(`${JSON.stringify({ type: "log", n: 1, t: 0, level: "info", message: "\0é\u2028😀 \ud800 \r\n end" })}\n`);
    for (let cut = 1; cut < line.length; cut += 7) {
      const before = at.taken.length;
      await harm(at, true, [line.subarray(0, cut), line.subarray(cut)]);
      expect(at.taken[before]?.message).toMatchObject({ message: "\0é\u2028😀 \ud800 \r\n end" });
    }
  });
});

/** What the agent makes of messages: events and samples. @returns events that a room would refuse, with why */
function refusedOf(messages: readonly HookMessage[]): unknown[] {
  const digest = createDigest({ runInfo: { name: "n" }, at: 0 }, false);
  let at = 0;
  const refused: unknown[] = [];
  for (const message of [...messages, null]) {
    at += 1000;
    const hook = message === null ? [] : [{ session: "s", message }];
    const exit = message === null ? { code: 0, signal: null } : null;
    const { events, samples } = digest.take({ hook, console: [], own: [], exit } as never, { wall: at, monotonic: at });
    for (const event of events) {
      const parsed = parseEvent(JSON.parse(JSON.stringify(event)));
      if (parsed.kind !== "known") refused.push([event.type, parsed.kind === "invalid" ? parsed.reason : parsed.kind]);
      if (Buffer.byteLength(JSON.stringify(event)) > EVENT_MAX) refused.push([event.type, "too big"]);
    }
    for (const sample of samples) if (!Number.isFinite(sample.t)) refused.push(sample);
    // What is remembered is JSON, and gone on with.
    JSON.stringify(digest.state());
  }
  return refused;
}

describe("whatever a hook says", () => {
  const said = (line: string): HookMessage[] => {
    const parsed = hookMessage.safeParse(parseJson(line));
    return parsed.success ? [parsed.data] : [];
  };

  test("AC6 corpus: what is made of it is events that a room takes", () => {
    for (const line of LINES) expect(refusedOf(said(line))).toEqual([]);
    expect(refusedOf(LINES.flatMap(said))).toEqual([]);
  });

  test("AC6 random: what is made of it is events that a room takes", () => {
    fc.assert(
      fc.property(fc.array(mutated, { maxLength: 12 }), (lines) => {
        expect(refusedOf(lines.flatMap(said))).toEqual([]);
      }),
      { ...PARAMETERS, numRuns: PARAMETERS.numRuns * 10 },
    );
  });
});

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
