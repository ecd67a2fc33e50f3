/**
 * What `runcast.v1.proto` saves on the wire, and what it costs the room.
 *
 *     node bench/proto/sizes.ts [--json] [--rounds 300]
 *
 * Bytes of one frame as JSON and as Protocol Buffers, each also deflated by itself. Microseconds of CPU an event, the median of the
 * rounds: `json` joins lines of the log, which are JSON already; `proto` reads each line and writes it anew; `again` is a further group of
 * viewers that wants the same lines.
 */
import { parseArgs } from "node:util";
import { deflateRawSync } from "node:zlib";
import type { AnyEvent } from "../../protocol/index.ts";
import { encodeEvent, type Line, stampEvent } from "../../worker/run/log/line.ts";
import type { Codec, Frame } from "../../worker/run/viewers/codec.ts";
import { codecOf, loadCodec } from "../../worker/run/viewers/codecs.ts";
import { createRandom } from "../eta/random.ts";
import { markdown, median } from "../support/figures.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "300" } } });
const rounds = Number(values.rounds);
const NOW = Date.parse("2026-11-23T12:00:00.000Z");
const random = createRandom(1);
await loadCodec("proto");

type Row = { frame: string; events: number; bytes: Record<"json" | "proto" | "json_deflated" | "proto_deflated", number>; us: Cost };
type Cost = Record<"json" | "proto" | "again", number>;

/** A loss as torch gives it: a 32-bit float, printed with all its digits. */
const loss = () => Math.fround(0.1 + 0.05 * random.normal());
const times = (count: number, make: (i: number) => AnyEvent) => Array.from({ length: count }, (_, i) => make(i));

function progress(i: number): AnyEvent {
  const eta = 5000 - i * 0.31;
  const steps = { step: 1200 + i, epoch: 3, epoch_step: 1200 + i, global_step: 11_200 + i, max_step: 3333, max_epoch: 10 };
  const losses = { loss: loss(), smooth_loss: 0.1 + 0.001 * random.normal(), learning_rate: 0.00003 * random.uniform() };
  const etas = {
    eta_seconds: eta,
    eta_low_seconds: eta * 0.98,
    eta_high_seconds: eta * 1.03,
    steps_per_second: 3.2 + random.uniform() / 10,
  };
  return { type: "training_progress", ...steps, ...losses, ...etas, phase: "training" };
}

/** @param names of series; every second one has a value at every eighth step only where `sparse` */
function metrics(steps: number, names: string[], sparse = false): AnyEvent {
  const column = (n: number) => Array.from({ length: steps }, (_, i) => (sparse && n % 2 === 1 && i % 8 > 0 ? null : loss()));
  const series = Object.fromEntries(names.map((name, n) => [name, column(n)]));
  return { type: "metrics", steps: Array.from({ length: steps }, (_, i) => 11_200 + i), series };
}

function stats(): AnyEvent {
  const used = Math.round(random.uniform() * 20_000) / 1000;
  const clocks = { sm_clock_mhz: 1980, memory_clock_mhz: 10_501, fan_percent: 62, throttle_reasons: ["sw_power_cap"] };
  const memory = { memory_used_gb: used, memory_total_gb: 24 };
  const gpu = { index: 0, uuid: "GPU-8f5c9d2e-1111-2222-3333-444455556666", name: "NVIDIA GeForce RTX 4090", utilization_percent: 98 };
  return {
    type: "system_stats",
    gpu_memory_used_gb: used,
    gpu_memory_total_gb: 24,
    gpu_utilization_percent: 98,
    cpu_percent: 31.4,
    ram_used_gb: 40.125,
    ram_total_gb: 62.7,
    gpus: [{ ...gpu, ...memory, temperature_c: 71, power_w: 431.2, power_limit_w: 450, ...clocks }],
    disks: [{ mount: "/", used_gb: 512.25, total_gb: 1832.9 }],
    network: { received_bytes_per_second: 10_240.5, sent_bytes_per_second: 98_304.25 },
    process: { pid: 48_213, cpu_percent: 104.2, ram_used_gb: 11.75, gpu_memory_used_gb: used },
  };
}

function log(i: number): AnyEvent {
  const message = `epoch: 36%|███▌      | ${1200 + i}/3333 [06:14<11:03,  3.21it/s, loss=${loss().toFixed(4)}, smooth loss=0.1003]`;
  return { type: "log", level: "info", message, source: "stderr", progress: true, bar: "epoch" };
}

const TRIPLE = ["loss/train_step", "smooth_loss/train_step", "lr/unet"];
const MANY = Array.from({ length: 20 }, (_, n) => `grad_norm/block_${n}`);
const second = () => [...times(10, progress), ...times(10, () => metrics(1, TRIPLE)), log(0), log(1), stats()];
const FRAMES: Record<string, AnyEvent[]> = {
  "progress, one step": times(1, progress),
  "progress, ten steps": times(10, progress),
  "metrics, 1 step × 3": [metrics(1, TRIPLE)],
  "metrics, 100 steps × 3": [metrics(100, TRIPLE)],
  "metrics, 500 steps × 20": [metrics(500, MANY)],
  "metrics, the same, gaps": [metrics(500, MANY, true)],
  "system_stats, one GPU": [stats()],
  "log, 20 bar states": times(20, log),
  "a second of all": second(),
  "a replay of 500": Array.from({ length: 22 }, second).flat().slice(0, 500),
};

const toLines = (events: readonly AnyEvent[]): Line[] =>
  events.map((event, i) => encodeEvent(stampEvent({ ...event, timestamp: new Date(NOW + i * 100).toISOString() }, 100_000 + i, NOW)));

function sizes(frames: readonly Frame[]): { plain: number; deflated: number } {
  const wires = frames.map(({ wire }) => Buffer.from(wire as string));
  const sum = (lengths: number[]) => lengths.reduce((total, length) => total + length, 0);
  return { plain: sum(wires.map((wire) => wire.length)), deflated: sum(wires.map((wire) => deflateRawSync(wire).length)) };
}

function cost(events: readonly AnyEvent[]): Cost {
  const measured: Record<keyof Cost, number[]> = { json: [], proto: [], again: [] };
  for (let round = 0; round < rounds; round++) {
    // New lines each time: what was written of a line is kept with it.
    const lines = toLines(events);
    const time = (codec: Codec) => {
      const began = performance.now();
      codec.frames(lines, 200_000, NOW);
      return ((performance.now() - began) * 1000) / lines.length;
    };
    measured.json.push(time(codecOf("batched")));
    measured.proto.push(time(codecOf("proto")));
    measured.again.push(time(codecOf("proto")));
  }
  return { json: median(measured.json), proto: median(measured.proto), again: median(measured.again) };
}

const rows = Object.entries(FRAMES).map(([name, events]): Row => {
  const lines = toLines(events);
  const json = sizes(codecOf("batched").frames(lines, 200_000, NOW));
  const proto = sizes(codecOf("proto").frames(lines, 200_000, NOW));
  const bytes = { json: json.plain, proto: proto.plain, json_deflated: json.deflated, proto_deflated: proto.deflated };
  return { frame: name, events: events.length, bytes, us: cost(events) };
});

if (values.json) {
  console.log(JSON.stringify(rows));
} else {
  const columns = ["frame", "JSON", "proto", "ratio", "JSON deflated", "proto deflated", "µs an event: JSON", "proto", "again"];
  const table = rows.map(({ frame, bytes, us }) => [
    frame,
    `${bytes.json}`,
    `${bytes.proto}`,
    (bytes.proto / bytes.json).toFixed(2),
    `${bytes.json_deflated}`,
    `${bytes.proto_deflated}`,
    us.json.toFixed(2),
    us.proto.toFixed(2),
    us.again.toFixed(2),
  ]);
  console.log(markdown(columns, table));
}
