import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ACK_EVERY_BYTES, type AnyEvent, BATCHED_SUBPROTOCOL, PLAIN_SUBPROTOCOL } from "../../protocol/index.ts";
import { type Relay, startRelay } from "../../test/support/relay.ts";
import type { Door } from "../support/crowd-messages.ts";
import { listener } from "../support/linux.ts";
import { agentProducer, type Producer, rawProducer } from "../support/producer.ts";

/** A system that passes a producer's events on to viewers. */
export type System = {
  name: string;
  /** Events that the producer puts into one frame when it has many. */
  framed: number;
  /** Events in one frame to a viewer, at most. */
  delivered: number;
  start(): Promise<RunningSystem>;
};

export type RunningSystem = {
  /** The process that fans out. */
  pid: number;
  producer: Producer;
  door: Door;
  stop(): Promise<void>;
};

const RUN = "fanout";
const FRAMED = 50;
const NO_LIMIT = 1_000_000_000;
const PEERS = fileURLToPath(new URL("peers/wrangler.toml", import.meta.url));

export const SYSTEMS: readonly System[] = [
  { name: "runcast, batched", framed: FRAMED, delivered: FRAMED, start: () => startRuncast(BATCHED_SUBPROTOCOL) },
  { name: "runcast, plain", framed: FRAMED, delivered: 1, start: () => startRuncast(PLAIN_SUBPROTOCOL) },
  { name: `bare loop, ${FRAMED} events a frame`, framed: FRAMED, delivered: FRAMED, start: startBare },
  { name: "bare loop, 1 event a frame", framed: 1, delivered: 1, start: startBare },
  { name: "partyserver", framed: 1, delivered: 1, start: startParty },
  { name: "node ws loop", framed: 1, delivered: 1, start: startWsLoop },
];

async function startRuncast(subprotocol: string): Promise<RunningSystem> {
  const relay = await startRelay({ upgradesPerMinute: NO_LIMIT });
  const ws = socketsOf(relay);
  const producer = await agentProducer(`${ws}/runs/${RUN}/agent`, await relay.token("agent", RUN));
  const batched = subprotocol === BATCHED_SUBPROTOCOL;
  return {
    pid: roomProcess(relay),
    producer,
    door: {
      url: `${ws}/runs/${RUN}/ws?replay=0&events=*`,
      subprotocols: [subprotocol],
      headers: { Authorization: `Bearer ${await relay.token("viewer", RUN)}` },
      welcomed: true,
      ack_every_bytes: batched ? ACK_EVERY_BYTES : 0,
    },
    stop: () => relay.stop(),
  };
}

async function startBare(): Promise<RunningSystem> {
  const relay = await startRelay({ config: PEERS });
  const ws = socketsOf(relay);
  return {
    pid: roomProcess(relay),
    producer: await rawProducer(`${ws}/bare/producer`, JSON.stringify, true),
    door: openDoor(`${ws}/bare/viewer`),
    stop: () => relay.stop(),
  };
}

async function startParty(): Promise<RunningSystem> {
  const relay = await startRelay({ config: PEERS });
  const url = `${socketsOf(relay)}/parties/party/room`;
  return { pid: roomProcess(relay), producer: await rawProducer(url, oneEvent, false), door: openDoor(url), stop: () => relay.stop() };
}

async function startWsLoop(): Promise<RunningSystem> {
  const child = fork(fileURLToPath(new URL("ws-loop.ts", import.meta.url)), { execArgv: ["--no-warnings"] });
  const [port] = await once(child, "message");
  const url = `ws://127.0.0.1:${port}`;
  return {
    pid: child.pid ?? 0,
    producer: await rawProducer(url, oneEvent, false),
    door: openDoor(url),
    stop: () => ended(child),
  };
}

function openDoor(url: string): Door {
  return { url, subprotocols: [], headers: {}, welcomed: false, ack_every_bytes: 0 };
}

/** Past wrangler's front: a second workerd, which a deployed Worker does not have. */
function socketsOf(relay: Relay): string {
  return relay.innerUrl.replace(/^http/, "ws");
}

function roomProcess(relay: Relay): number {
  return listener(Number(new URL(relay.innerUrl).port));
}

function oneEvent(events: readonly AnyEvent[]): string {
  return JSON.stringify(events[0]);
}

async function ended(child: ChildProcess): Promise<void> {
  child.disconnect();
  await once(child, "exit");
}
