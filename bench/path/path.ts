/**
 * The whole path on this machine: trainer → hook → agent → relay → viewer.
 *
 *     node bench/path/path.ts [--json] [--seconds 30] [--pairs 5]
 *
 * Latency: milliseconds from a step's callback to the viewer having its event, at 10 steps a second. Both ends read the same clock.
 * Pace: steps a second of a loop that does nothing but work, with `runcast run` and without, in turn; the ratio of each pair.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connect } from "../../client/index.ts";
import { startRelay } from "../../test/support/relay.ts";
import { temporaryFolder } from "../../test/support/temporary.ts";
import { until } from "../../test/support/until.ts";
import { median, percentile, spread } from "../support/figures.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seconds: { type: "string", default: "30" },
    pairs: { type: "string", default: "5" },
  },
});
const seconds = Number(values.seconds);
const pairs = Number(values.pairs);

const relay = await startRelay();
const folder = temporaryFolder();
const loop = (options: string[]) => ["python3", "bench/path/loop.py", ...options];

async function timed(command: string[], env: Record<string, string> = {}): Promise<{ steps: number; seconds: number }> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, XDG_STATE_HOME: folder.path, XDG_RUNTIME_DIR: folder.path, ...env },
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}");
}

async function watched(run: string, options: string[]): Promise<{ steps: number; seconds: number }> {
  const env = { RUNCAST_RELAY: relay.url, RUNCAST_TOKEN: await relay.token("agent", run) };
  return timed([process.execPath, "bin/runcast.js", "run", "--run", run, "--", ...loop(options)], env);
}

async function latency(): Promise<{ events: number; p50_ms: number; p99_ms: number }> {
  const run = "latency";
  const delays: number[] = [];
  const training = watched(run, ["--rate", "10", "--seconds", String(seconds), "--rounds", "1000"]);
  const token = await relay.token("viewer", run);
  const headers = { Authorization: `Bearer ${token}` };
  await until(async () => (await fetch(`${relay.url}/api/runs/${run}`, { headers })).ok, { what: "the run" });
  const connection = connect({
    url: relay.url,
    run,
    token,
    replay: 0,
    events: ["training_progress"],
    onEvent: (event) => delays.push(Date.now() - Date.parse(event.timestamp ?? "")),
  });
  await training;
  connection.close();
  // The first second holds the connection's own start.
  const later = delays.slice(10);
  return { events: later.length, p50_ms: median(later), p99_ms: percentile(later, 0.99) };
}

async function pace(): Promise<{ off: number; on: number; ratio: number }[]> {
  const found: { off: number; on: number; ratio: number }[] = [];
  for (let i = 0; i < pairs; i++) {
    const options = ["--seconds", "5"];
    // Whoever comes first may find the machine in another state: they take turns.
    const early = i % 2 === 0 ? await watched(`pace-${i}`, options) : null;
    const off = await timed(loop(options));
    const on = early ?? (await watched(`pace-${i}`, options));
    const rates = { off: off.steps / off.seconds, on: on.steps / on.seconds };
    found.push({ ...rates, ratio: rates.on / rates.off });
  }
  return found;
}

try {
  const measured = { latency: await latency(), pace: await pace() };
  const ratios = spread(measured.pace.map(({ ratio }) => ratio));
  const result = { ...measured, ratio_median: ratios.median };
  if (values.json) {
    console.log(JSON.stringify(result));
  } else {
    const { events, p50_ms, p99_ms } = result.latency;
    console.log(`callback → viewer at 10 steps/s, ${events} events: p50 ${p50_ms} ms, p99 ${p99_ms} ms`);
    for (const { off, on, ratio } of result.pace) {
      console.log(`steps/s: ${off.toFixed(1)} without, ${on.toFixed(1)} with runcast, ratio ${ratio.toFixed(3)}`);
    }
    console.log(`median ratio ${ratios.median.toFixed(3)}, from ${ratios.from.toFixed(3)} to ${ratios.to.toFixed(3)}`);
  }
} finally {
  await relay.stop();
  folder.remove();
}
