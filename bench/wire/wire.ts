/**
 * What the agent's batches cost on the wire, with and without compression, against the real relay.
 *
 *     node bench/wire/wire.ts [--json] [--seconds 60] [--megabytes 16]
 *
 * live: batches of a tenth of a second of a busy run; idle: of 15 s; backlog: of 512 KiB, after hours without a network. Bytes are those on the TCP
 * connection, CPU is that of this process for a megabyte of events, and that of the relay for the same.
 */
import { parseArgs } from "node:util";
import { type ClientOptions, WebSocket } from "ws";
import { AGENT_BATCH_AIM, type RoomToAgent } from "../../protocol/index.ts";
import { eventsOfTick } from "../../test/agent/support/training.ts";
import { childrenOf } from "../../test/support/processes.ts";
import { type Relay, startRelay } from "../../test/support/relay.ts";
import { markdown } from "../support/figures.ts";
import { processorMicroseconds } from "../support/linux.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seconds: { type: "string", default: "60" },
    megabytes: { type: "string", default: "16" },
  },
});

type Way = { name: string; options: ClientOptions["perMessageDeflate"] };
const level = (n: number) => ({ zlibDeflateOptions: { level: n }, threshold: 0 });
const PLAIN: Way = { name: "plain", options: false };
const WAYS: Way[] = [
  PLAIN,
  { name: "each frame for itself, level 1", options: { ...level(1), clientNoContextTakeover: true } },
  { name: "each frame for itself, level 6", options: { ...level(6), clientNoContextTakeover: true } },
  { name: "one window, level 1", options: level(1) },
  { name: "one window, level 6", options: level(6) },
];

type Batch = { text: string; events: number };
type Row = { load: string; way: string; frames: number; bytes: number; wire: number; cpu_ms: number; relay_ms: number; rss_mb: number };

/** @param ticks tenths of a second that go into one batch; a batch ends at the size aimed at too */
function batches(ticks: number, bytes: number): Batch[] {
  const made: Batch[] = [];
  let first = 1;
  let bodies: string[] = [];
  let size = 0;
  let total = 0;
  const flush = () => {
    made.push({ text: `{"type":"batch","first_seq":${first},"events":[${bodies.join(",")}]}`, events: bodies.length });
    first += bodies.length;
    bodies = [];
    size = 0;
  };
  for (let tick = 0; total < bytes; tick += 1) {
    for (const event of eventsOfTick(tick)) {
      const body = JSON.stringify(event);
      if (size + body.length > AGENT_BATCH_AIM) flush();
      bodies.push(body);
      size += body.length;
      total += body.length;
    }
    if ((tick + 1) % ticks === 0 && bodies.length > 0) flush();
  }
  if (bodies.length > 0) flush();
  return made;
}

function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child.pid, ...descendants(child.pid)]);
}

/** Milliseconds of CPU of all processes that this one has started: the relay (Linux). */
function relayCpu(): number {
  return descendants(process.pid).reduce((sum, pid) => sum + processorMicroseconds(pid) / 1000, 0);
}

async function send(relay: Relay, run: string, way: Way, load: string, frames: readonly Batch[]): Promise<Row> {
  const token = await relay.token("agent", run);
  const socket = new WebSocket(`${relay.ws}/runs/${run}/agent`, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: way.options,
  });
  const last = frames.reduce((sum, { events }) => sum + events, 0);
  let acked = 0;
  let more: () => void = () => undefined;
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as RoomToAgent;
    if (message.type === "ack") acked = message.seq;
    if (message.type === "error") throw new Error(message.message);
    more();
  });
  const wait = () =>
    new Promise<void>((resolve) => {
      more = resolve;
    });
  await new Promise((resolve) => socket.once("open", resolve));
  socket.send(JSON.stringify({ type: "hello", protocol: 1, life: run, next_seq: 1, sent_seq: 0, agent: { name: "bench", version: "0" } }));
  await wait();
  const before = { cpu: process.cpuUsage(), relay: relayCpu(), wire: wireBytes(socket) };
  let sent = 0;
  for (const { text, events } of frames) {
    while (sent - acked > 20_000) await wait();
    sent += events;
    // Not a flood: a live agent's frames come one by one, and each is to be a frame of its own on the wire.
    await new Promise<void>((resolve) => socket.send(text, () => resolve()));
  }
  socket.send(`{"type":"batch","first_seq":${last},"flush":true,"events":[${JSON.stringify(eventsOfTick(0)[0])}]}`);
  while (acked < last) await wait();
  const cpu = process.cpuUsage(before.cpu);
  const row: Row = {
    load,
    way: way.name,
    frames: frames.length,
    bytes: frames.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
    wire: wireBytes(socket) - before.wire,
    cpu_ms: (cpu.user + cpu.system) / 1000,
    relay_ms: relayCpu() - before.relay,
    rss_mb: Math.round(process.memoryUsage.rss() / 1e6),
  };
  socket.close();
  return row;
}

function wireBytes(socket: WebSocket): number {
  return (socket as unknown as { _socket: { bytesWritten: number } })._socket.bytesWritten;
}

const mebibytes = Number(values.megabytes) * 2 ** 20;
const LOADS = [
  { name: "live", ticks: 1, bytes: Number(values.seconds) * 6000 },
  ...[2, 5, 10, 30].map((ticks) => ({ name: `${ticks / 10} s`, ticks, bytes: mebibytes / 8 })),
  { name: "idle, 15 s", ticks: 150, bytes: mebibytes / 2 },
  { name: "backlog", ticks: 1e9, bytes: mebibytes },
];

const relay = await startRelay();
try {
  const rows: Row[] = [];
  for (const [nth, { name, ticks, bytes }] of LOADS.entries()) {
    const frames = batches(ticks, bytes);
    // The relay's first frames cost more than its later ones: they are nobody's.
    await send(relay, `warm-${nth}`, PLAIN, name, frames);
    for (const [index, way] of WAYS.entries()) rows.push(await send(relay, `run-${nth}-${index}`, way, name, frames));
  }
  if (values.json) console.log(JSON.stringify(rows));
  else print(rows);
} finally {
  await relay.stop();
}

function print(rows: readonly Row[]): void {
  const columns = ["load", "frames of", "way", "bytes on the wire", "CPU here, ms/MB", "CPU relay, ms/MB", "MB resident"];
  const cells = rows.map((row) => {
    const mb = row.bytes / 1e6;
    return [
      row.load,
      `${(row.bytes / row.frames / 1000).toFixed(1)} kB`,
      row.way,
      `${((100 * row.wire) / row.bytes).toFixed(1)} %`,
      (row.cpu_ms / mb).toFixed(1),
      (row.relay_ms / mb).toFixed(1),
      String(row.rss_mb),
    ];
  });
  console.log(markdown(columns, cells));
}
