/**
 * What the curves of a long run cost a relay: the whole of it for a viewer who joins, and what is asked for when somebody looks closely,
 * beside reading the same out of the log in pages. Linux only.
 *
 *     node bench/history/history.ts [--json] [--quick] [--steps 864000] [--requests 15]
 *
 * A day at ten steps a second, four series, told as an agent with a backlog tells it; each event has the time of its own. The processor time
 * is that of the workerd that runs the Worker, around each request; the median counts. "Cold" is the first request after the relay has started anew.
 */
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import type { AnyEvent, EventPage, RunMetrics } from "../../protocol/index.ts";
import { markdown, median, shown } from "../support/figures.ts";
import { listener, processorMicroseconds } from "../support/linux.ts";
import { agentProducer } from "../support/producer.ts";
import { startRuncast } from "../support/relays.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    steps: { type: "string" },
    requests: { type: "string" },
  },
});
const steps = Number(values.steps ?? (values.quick ? 20_000 : 864_000));
const requests = Number(values.requests ?? (values.quick ? 2 : 15));
const RUN = "long";
const STEPS_PER_EVENT = 100;
const EVENTS_PER_BATCH = 50;
/** Frames on their way without an ack, as the agent has it: 2 MiB. */
const WINDOW_EVENTS = 150;
const STARTED = Date.now() - steps * 100;

/** Numbers as a trainer tells them: 32-bit floats, written with all their digits. */
const rounded = new Float32Array(1);
function float32(value: number): number {
  rounded[0] = value;
  return rounded[0] ?? value;
}

function event(from: number): AnyEvent {
  const at = Array.from({ length: STEPS_PER_EVENT }, (_, index) => from + index);
  const loss = at.map((step) => float32(0.1 + Math.exp(-step / 50_000) + 0.05 * Math.sin(step * 12.9898)));
  const series = {
    "loss/train_step": loss,
    "smooth_loss/train_step": loss.map((value) => float32(value * 0.97)),
    "lr/unet": at.map((step) => float32(1e-4 * Math.cos(step / steps))),
    grad_norm: at.map((step) => float32(1 + Math.abs(Math.sin(step * 78.233)))),
  };
  return { type: "metrics", timestamp: new Date(STARTED + from * 100).toISOString(), steps: at, series };
}

type Measured = { what: string; cpu_ms: number; ms: number; bytes: number; gzip: number; entries: number };

let { relay, ws, pid } = await startRuncast();
const token = await relay.token("viewer", RUN);
const headers = { authorization: `Bearer ${token}` };
const origin = () => ws.replace(/^ws/, "http");
try {
  await fill();
  const rows: Measured[] = [];
  await relay.restart();
  ws = relay.innerUrl.replace(/^http/, "ws");
  pid = listener(Number(new URL(relay.innerUrl).port));
  await fetch(`${origin()}/healthz`);
  const whole = "/metrics?points=1000";
  rows.push(await measure("the whole run, cold", whole, 1));
  rows.push(await measure("the whole run", whole));
  const middle = Math.floor(steps / 2);
  rows.push(await measure("1 % of it", `${whole}&from=${middle}&to=${middle + Math.floor(steps / 100)}`));
  rows.push(await measure("0.01 % of it", `${whole}&from=${middle}&to=${middle + Math.floor(steps / 10_000)}`));
  rows.push(await measure("what came since, after a loss", `${whole}&from=${steps - 20}`));
  rows.push(await pages());
  console.log(values.json ? JSON.stringify({ steps, rows }) : report(rows));
} finally {
  await relay.stop();
}

async function fill(): Promise<void> {
  const producer = await agentProducer(`${ws}/runs/${RUN}/agent`, await relay.token("agent", RUN));
  for (let from = 0; from < steps; from += STEPS_PER_EVENT * EVENTS_PER_BATCH) {
    const batch: AnyEvent[] = [];
    for (let at = from; at < Math.min(steps, from + STEPS_PER_EVENT * EVENTS_PER_BATCH); at += STEPS_PER_EVENT) batch.push(event(at));
    await producer.waiting(WINDOW_EVENTS);
    producer.send(batch);
    if (!values.json && from % 100_000 === 0) process.stderr.write(`\r${Math.round((100 * from) / steps)} % told`);
  }
  await producer.settled();
  producer.close();
  if (!values.json) process.stderr.write("\r100 % told\n");
}

async function measure(what: string, path: string, times = requests): Promise<Measured> {
  const cpu: number[] = [];
  const took: number[] = [];
  let text = "";
  for (let index = 0; index < times; index += 1) {
    const before = processorMicroseconds(pid);
    const began = performance.now();
    const answer = await fetch(`${origin()}/api/runs/${RUN}${path}`, { headers: { ...headers, "accept-encoding": "identity" } });
    text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${text}`);
    took.push(performance.now() - began);
    cpu.push((processorMicroseconds(pid) - before) / 1000);
  }
  const { series } = JSON.parse(text) as RunMetrics;
  const entries = Object.values(series).reduce((sum, curve) => sum + curve.steps.length, 0);
  return { what, cpu_ms: median(cpu), ms: median(took), bytes: text.length, gzip: gzipSync(text).length, entries };
}

/** The peer: every `metrics` event of the log, a thousand an answer, as a page without the history has to. */
async function pages(): Promise<Measured> {
  const before = processorMicroseconds(pid);
  const began = performance.now();
  let bytes = 0;
  let gzip = 0;
  let entries = 0;
  for (let after: number | null = 0; after !== null; ) {
    const answer = await fetch(`${origin()}/api/runs/${RUN}/events?events=metrics&limit=1000&after=${after}`, { headers });
    const text = await answer.text();
    const page = JSON.parse(text) as EventPage;
    bytes += text.length;
    gzip += gzipSync(text).length;
    entries += page.events.length * STEPS_PER_EVENT * 4;
    after = page.next;
  }
  const cpu_ms = (processorMicroseconds(pid) - before) / 1000;
  return { what: "the log, page by page (what it still has)", cpu_ms, ms: performance.now() - began, bytes, gzip, entries };
}

function report(rows: readonly Measured[]): string {
  return markdown(
    ["", "CPU of the relay, ms", "time, ms", "answer, kB", "gzip, kB", "points or buckets"],
    rows.map(({ what, cpu_ms, ms, bytes, gzip, entries }) => [
      what,
      shown(cpu_ms),
      shown(ms),
      shown(bytes / 1000),
      shown(gzip / 1000),
      shown(entries),
    ]),
  );
}
