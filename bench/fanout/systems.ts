import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ACK_EVERY_BYTES, type AnyEvent, BATCHED_SUBPROTOCOL, PLAIN_SUBPROTOCOL } from "../../protocol/index.ts";
import type { Door } from "../support/crowd-messages.ts";
import { agentProducer, type Producer, rawProducer } from "../support/producer.ts";
import { startPeers, startRuncast } from "../support/relays.ts";

/** A system that passes a producer's events on to viewers. */
export type System = {
  name: string;
  /** Events that the producer puts into one frame when it has many. */
  framed: number;
  /** Events in one frame to a viewer, at most. */
  delivered: number;
  /** Whether it is measured live too: with an event at a time, ways of framing do not differ. */
  live: boolean;
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

export const SYSTEMS: readonly System[] = [
  { name: "runcast, batched", framed: FRAMED, delivered: FRAMED, live: true, start: () => startRoom(BATCHED_SUBPROTOCOL) },
  { name: "runcast, plain", framed: FRAMED, delivered: 1, live: true, start: () => startRoom(PLAIN_SUBPROTOCOL) },
  { name: `bare loop, ${FRAMED} events a frame`, framed: FRAMED, delivered: FRAMED, live: false, start: startBare },
  { name: "bare loop, 1 event a frame", framed: 1, delivered: 1, live: true, start: startBare },
  { name: "partyserver", framed: 1, delivered: 1, live: true, start: startParty },
  { name: "node ws loop", framed: 1, delivered: 1, live: true, start: startWsLoop },
];

async function startRoom(subprotocol: string): Promise<RunningSystem> {
  const { relay, ws, pid } = await startRuncast();
  return {
    pid,
    producer: await agentProducer(`${ws}/runs/${RUN}/agent`, await relay.token("agent", RUN)),
    door: {
      url: `${ws}/runs/${RUN}/ws?replay=0&events=*`,
      subprotocols: [subprotocol],
      headers: { Authorization: `Bearer ${await relay.token("viewer", RUN)}` },
      welcomed: true,
      ack_every_bytes: subprotocol === BATCHED_SUBPROTOCOL ? ACK_EVERY_BYTES : 0,
    },
    stop: () => relay.stop(),
  };
}

async function startBare(): Promise<RunningSystem> {
  const { relay, ws, pid } = await startPeers();
  const producer = await rawProducer(`${ws}/bare/producer`, JSON.stringify, true);
  return { pid, producer, door: openDoor(`${ws}/bare/viewer`), stop: () => relay.stop() };
}

async function startParty(): Promise<RunningSystem> {
  const { relay, ws, pid } = await startPeers();
  const url = `${ws}/parties/party/room`;
  return { pid, producer: await rawProducer(url, oneEvent, false), door: openDoor(url), stop: () => relay.stop() };
}

async function startWsLoop(): Promise<RunningSystem> {
  const child = fork(fileURLToPath(new URL("../peers/ws-loop.ts", import.meta.url)), { execArgv: ["--no-warnings"] });
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

function oneEvent(events: readonly AnyEvent[]): string {
  return JSON.stringify(events[0]);
}

async function ended(child: ChildProcess): Promise<void> {
  child.disconnect();
  await once(child, "exit");
}
