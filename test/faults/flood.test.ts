import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { percentile } from "../../bench/support/figures.ts";
import { BATCHED_SUBPROTOCOL, ERRORS, VIEWER_FRAME_MAX } from "../../protocol/index.ts";
import { upTo } from "../e2e/support/events.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { atEnd } from "./support/at-end.ts";
import { NOTHING_WRONG } from "./support/ledger.ts";
import { record } from "./support/scene.ts";

const RUN = "flooded";
const VIEWERS = 50;
/** Of each phase: ten seconds, quiet and flooded. */
const EVENTS = 200;
const EVERY_MS = 50;

let relay: Relay;
beforeAll(async () => {
  // Past the product's limit nobody who comes again and again would be let in: that door is left open here, to the floods too.
  relay = await startRelay({ upgradesPerMinute: 1_000_000 });
});
afterAll(() => relay.stop());

/** An agent that sends one event at a time. `sent`: when each was, by `performance.now()`; the first is number 1. */
async function startAgent(): Promise<{ sent: number[]; produce(count: number): Promise<void> }> {
  const socket = await open("agent", await relay.token("agent", RUN));
  socket.send(JSON.stringify({ type: "hello", protocol: 1, life: "l", next_seq: 1, sent_seq: 0, agent: { name: "t", version: "0" } }));
  await once(socket, "message");
  const sent: number[] = [];
  const send = () => {
    sent.push(performance.now());
    const event = { type: "log", level: "info", message: String(sent.length) };
    socket.send(JSON.stringify({ type: "batch", first_seq: sent.length, events: [event], flush: true }));
  };
  const produce = async (count: number) => {
    const last = sent.length + count;
    const timer = setInterval(send, EVERY_MS);
    await until(() => sent.length >= last, { what: `event ${last}`, timeout_ms: 30_000 }).finally(() => clearInterval(timer));
  };
  return { sent, produce };
}

/** `numbers` of the events in the order in which they came, `arrivals` by `performance.now()`. */
type Viewer = { numbers: number[]; arrivals: number[]; closes: number[] };

async function watch(token: string): Promise<Viewer> {
  const viewer: Viewer = { numbers: [], arrivals: [], closes: [] };
  const socket = await open("ws?events=log&replay=0", token, BATCHED_SUBPROTOCOL);
  socket.on("close", (code) => viewer.closes.push(code));
  socket.on("message", (frame) => {
    const { events = [] } = JSON.parse(String(frame)) as { events?: { message: string }[] };
    for (const { message } of events) {
      viewer.numbers.push(Number(message));
      viewer.arrivals.push(performance.now());
    }
  });
  return viewer;
}

async function open(path: string, token: string, protocol: string[] | string = []): Promise<WebSocket> {
  const socket = connect(path, token, protocol);
  await once(socket, "open");
  return socket;
}

function connect(path: string, token: string, protocol: string[] | string = []): WebSocket {
  // A mask of zeros costs nothing to put on: what floods must not keep this process from noting when events come.
  const generateMask = (mask: Buffer) => void mask.fill(0);
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${relay.ws}/runs/${RUN}/${path}`, protocol, { headers, generateMask, perMessageDeflate: false });
  atEnd(() => socket.terminate());
  return socket;
}

/** A viewer that connects again as soon as it is closed. @param attack what it does once it is let in */
function flood(token: string, attack: (socket: WebSocket) => void): { codes: Map<number, number>; end(): void } {
  const codes = new Map<number, number>();
  let over = false;
  let socket: WebSocket;
  const again = () => {
    socket = connect("ws", token);
    socket.on("error", () => undefined);
    socket.on("open", () => attack(socket));
    socket.on("close", (code) => {
      if (over) return;
      codes.set(code, (codes.get(code) ?? 0) + 1);
      again();
    });
  };
  again();
  const end = () => {
    over = true;
    socket.terminate();
  };
  atEnd(end);
  return { codes, end };
}

/** A thousand a second, whatever is answered. */
function manyMessages(socket: WebSocket): void {
  every10ms(socket, () => {
    for (let i = 0; i < 10; i += 1) socket.send('{"type":"ping"}', () => undefined);
  });
}

const TOO_LARGE = Buffer.alloc(VIEWER_FRAME_MAX + 1, "x");

/**
 * More than 100 a second with those of the next connections, which fills a line of 1 Gbit/s. Without a pace this machine's loopback would
 * carry 700 MiB a second: who sends that takes the processor from everybody, though nobody loses anything by it.
 */
function largeFrames(socket: WebSocket): void {
  const send = () => socket.send(TOO_LARGE, { binary: false }, () => undefined);
  send();
  every10ms(socket, send);
}

function every10ms(socket: WebSocket, work: () => void): void {
  const timer = setInterval(work, 10);
  socket.on("close", () => clearInterval(timer));
}

describe("floods", () => {
  test("AC6 two that flood the room of a run are closed each time; 50 who watch it get each event once, and stay", async () => {
    const agent = await startAgent();
    const token = await relay.token("viewer", RUN);
    const viewers = await Promise.all(Array.from({ length: VIEWERS }, () => watch(token)));
    const phase = async () => {
      const from = agent.sent.length;
      await agent.produce(EVENTS);
      const haveAll = () => viewers.every(({ numbers }) => numbers.at(-1) === agent.sent.length);
      await until(haveAll, { what: "the last event at every viewer" }).catch(() => undefined);
      for (const { numbers, closes } of viewers) {
        expect(numbers).toEqual(upTo(agent.sent.length));
        expect(closes).toEqual([]);
      }
      const delays = viewers.flatMap(({ arrivals }) =>
        arrivals.slice(from).map((at, index) => at - (agent.sent[from + index] ?? Number.NaN)),
      );
      return `${percentile(delays, 0.5).toFixed(1)}/${percentile(delays, 0.99).toFixed(1)} ms`;
    };

    const quiet = await phase();
    const many = flood(token, manyMessages);
    const large = flood(token, largeFrames);
    const flooded = await phase();
    for (const { end } of [many, large]) end();

    const refused = many.codes.get(ERRORS.rate_limited.close) ?? 0;
    const tooBig = large.codes.get(ERRORS.frame_too_big.close) ?? 0;
    expect(refused).toBeGreaterThan(1);
    expect(tooBig).toBeGreaterThan(1);
    expect([...many.codes.keys(), ...large.codes.keys()]).toEqual([ERRORS.rate_limited.close, ERRORS.frame_too_big.close]);
    const note = `p50/p99 ${quiet} quiet, ${flooded} flooded; closed ${refused} times for messages, ${tooBig} for their size`;
    record({
      fault: "two that flood a watched room",
      produced: agent.sent.length,
      viewers: VIEWERS,
      heal_ms: null,
      note,
      ...NOTHING_WRONG,
    });
  });
});
