/**
 * How quick the page of a run is, beside a bare page that asks each second. Needs Chromium.
 *
 *     node bench/page/page.ts [--json] [--quick] [--loads 5] [--seconds 20]
 *
 * First paint and the first live figure on a phone's profile (a processor four times slower, 1.6 Mbit/s, 150 ms), the JavaScript that is loaded, the
 * time from a step's event to its figure on the screen, frames a second and script time while twenty series come ten times a second, and the
 * heap before and after an hour of such events in compressed time; and the log with as many lines as the page keeps.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import type { Browser, CDPSession, Page } from "playwright-core";
import type { AnyEvent } from "../../protocol/index.ts";
import { buildDashboard, DASHBOARD_OUT, isDashboardFresh } from "../../scripts/make/dashboard.ts";
import { startChromium } from "../../test/support/chromium.ts";
import { markdown, median, percentile, shown } from "../support/figures.ts";
import { agentProducer, type Producer } from "../support/producer.ts";
import { startRuncast } from "../support/relays.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    loads: { type: "string" },
    seconds: { type: "string" },
  },
});
const loads = Number(values.loads ?? (values.quick ? 1 : 5));
const seconds = Number(values.seconds ?? (values.quick ? 2 : 20));
const hourSteps = values.quick ? 500 : 36_000;
const logLines = values.quick ? 2000 : 100_000;
const RUN = "page";
const SERIES = 20;
const HISTORY_STEPS = 20_000;
/** 1.6 Mbit/s in bytes a second, and a round trip: what a phone has on a train. */
const PHONE_NETWORK = { offline: false, downloadThroughput: 200_000, uploadThroughput: 94_000, latency: 150 };
const PHONE_CPU = 4;

/** How long each frame took, in milliseconds. */
const COUNT_FRAMES = `(() => {
  window.frames = [];
  let last = performance.now();
  const frame = (now) => { window.frames.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
})()`;

let step = 0;

function metrics(count: number): AnyEvent {
  const steps = Array.from({ length: count }, (_, index) => step + index + 1);
  const series = Object.fromEntries(
    Array.from({ length: SERIES }, (_, n) => [`group${n % 4}/series${n}`, steps.map((at) => Math.sin(at / (10 + n)) + n)]),
  );
  step += count;
  return {
    type: "metrics",
    timestamp: new Date().toISOString(),
    steps,
    series: { "loss/train_step": steps.map((at) => 1 / at), ...series },
  };
}

function progress(): AnyEvent {
  const where = { global_step: step, step: step % 1000, epoch: Math.floor(step / 1000), max_step: 1000, max_epoch: 100 };
  return { type: "training_progress", timestamp: new Date().toISOString(), ...where, loss: 1 / (step || 1), steps_per_second: 10 };
}

if (!isDashboardFresh()) await buildDashboard({ quiet: true });
const { relay, ws } = await startRuncast();
const browser = await startChromium();
try {
  const producer = await agentProducer(`${ws}/runs/${RUN}/agent`, await relay.token("agent", RUN));
  producer.send([{ type: "training_status", status: "running", phase: "training" }]);
  for (let sent = 0; sent < HISTORY_STEPS; sent += 1000) producer.send([metrics(1000), progress()]);
  await producer.settled();
  const token = await relay.token("viewer", RUN);
  const link = `${relay.url}/runs/${RUN}#token=${token}`;
  const poller = await pollingPage(token);
  const results = {
    script_gzip_kb: scriptGzip() / 1000,
    runcast: { load: await loadings(browser, link, ".headline .big"), latency: await latency(browser, link, ".headline .big", producer) },
    polling: { load: await loadings(browser, poller.url, "#step"), latency: await latency(browser, poller.url, "#step", producer) },
    live: await live(browser, link, producer),
    log: await log(browser, link, producer),
  };
  poller.close();
  producer.close();
  console.log(values.json ? JSON.stringify(results) : report(results));
} finally {
  await browser.close();
  await relay.stop();
}

/** All scripts of the page: there is one. */
function scriptGzip(): number {
  const assets = join(DASHBOARD_OUT, "assets");
  const scripts = readdirSync(assets).filter((name) => name.endsWith(".js"));
  return scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0);
}

type Load = { paint_ms: number; figure_ms: number };

/** From nothing, each in a browser profile of its own. */
async function loadings(browser: Browser, url: string, figure: string): Promise<Load> {
  const found: Load[] = [];
  for (let index = 0; index < loads; index += 1) {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    const phone = await page.context().newCDPSession(page);
    await phone.send("Network.enable");
    await phone.send("Network.emulateNetworkConditions", PHONE_NETWORK);
    await phone.send("Emulation.setCPUThrottlingRate", { rate: PHONE_CPU });
    await page.goto(url, { waitUntil: "commit" });
    await page.locator(figure).filter({ hasText: /\d/ }).first().waitFor();
    const figure_ms = await page.evaluate<number>("performance.now()");
    const paint_ms = await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN");
    found.push({ paint_ms, figure_ms });
    await context.close();
  }
  return { paint_ms: median(found.map((load) => load.paint_ms)), figure_ms: median(found.map((load) => load.figure_ms)) };
}

type Latency = { p50_ms: number; p95_ms: number };

/** From just before an event is sent until its step stands on the page. One machine, one clock. */
async function latency(browser: Browser, url: string, figure: string, producer: Producer): Promise<Latency> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.locator(figure).filter({ hasText: /\d/ }).first().waitFor();
  await page.evaluate(`(() => {
    window.shown = new Map();
    const look = () => {
      const step = Number((document.querySelector(${JSON.stringify(figure)})?.textContent ?? "").replace(/\\D/g, ""));
      if (!window.shown.has(step)) window.shown.set(step, Date.now());
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  })()`);
  const sent = new Map<number, number>();
  for (let index = 0; index < seconds * 2; index += 1) {
    const event = metrics(1);
    sent.set(step, Date.now());
    producer.send([event, progress()]);
    await delay(500);
  }
  await delay(1500);
  const shownAt = new Map(await page.evaluate<[number, number][]>("[...window.shown]"));
  await context.close();
  // A page that asks each second skips steps: what it shows of a later one counts for those before.
  const late = [...sent].map(([at, then]) => (firstAtLeast(shownAt, at) ?? Number.POSITIVE_INFINITY) - then);
  return { p50_ms: percentile(late, 0.5), p95_ms: percentile(late, 0.95) };
}

function firstAtLeast(shownAt: ReadonlyMap<number, number>, wanted: number): number | null {
  const times = [...shownAt].filter(([at]) => at >= wanted).map(([, when]) => when);
  return times.length === 0 ? null : Math.min(...times);
}

type Live = {
  frames_per_second: number;
  frame_p95_ms: number;
  script_ms_per_second: number;
  heap_before_mb: number;
  heap_after_mb: number;
};

async function live(browser: Browser, url: string, producer: Producer): Promise<Live> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  await page.goto(url);
  await page.locator(".uplot canvas").first().waitFor();
  await page.evaluate(COUNT_FRAMES);
  const before = await scriptSeconds(session);
  const began = performance.now();
  while (performance.now() - began < seconds * 1000) {
    producer.send([metrics(1), progress()]);
    await delay(100);
  }
  const took = (performance.now() - began) / 1000;
  const frames = await page.evaluate<number[]>("window.frames.slice()");
  const script = ((await scriptSeconds(session)) - before) * 1000;
  const heap_before_mb = await heap(page, session);
  for (let sent = 0; sent < hourSteps; sent += 20) {
    await producer.waiting(400);
    producer.send([metrics(20), progress()]);
    if (sent % 400 === 0) await delay(20);
  }
  await producer.settled();
  await delay(2000);
  const heap_after_mb = await heap(page, session);
  await context.close();
  return {
    frames_per_second: frames.length / took,
    frame_p95_ms: percentile(frames, 0.95),
    script_ms_per_second: script / took,
    heap_before_mb,
    heap_after_mb,
  };
}

type Log = { lines: number; in_document: number; frame_p50_ms: number; frame_p95_ms: number; search_ms: number };

/** The log as full as the page lets it be, while a thousand lines more come each second. */
async function log(browser: Browser, url: string, producer: Producer): Promise<Log> {
  const line = (index: number): AnyEvent => ({
    type: "log",
    level: "info",
    message: `line ${index} ${"x".repeat(index % 120)}`,
    source: "stdout",
  });
  const lines = (from: number, count: number) => Array.from({ length: count }, (_, index) => line(from + index));
  for (let sent = 0; sent < logLines; sent += 500) {
    await producer.waiting(2000);
    producer.send(lines(sent, 500));
  }
  await producer.settled();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator(".line").first().waitFor();
  while ((await page.getByText(/The log begins here|holds no more lines/).count()) === 0) {
    await page.evaluate("document.querySelector('.lines').scrollTop = 0");
    await delay(30);
  }
  await page.getByRole("button", { name: "Follow" }).click();
  await page.evaluate(COUNT_FRAMES);
  for (let index = 0; index < seconds * 5; index += 1) {
    producer.send(lines(logLines + index * 100, 100));
    await delay(100);
  }
  const frames = await page.evaluate<number[]>("window.frames.slice()");
  const search_ms = await page.evaluate<number>(`(async () => {
    const field = document.querySelector(".log-search input");
    const began = performance.now();
    field.value = "line 4242";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    while (!/\\d/.test(document.querySelector(".log-found").textContent)) await new Promise((done) => setTimeout(done, 1));
    return performance.now() - began;
  })()`);
  const kept = await page.locator(".area-log > header .figure").textContent();
  const in_document = await page.locator(".line").count();
  await context.close();
  const of = (share: number) => percentile(frames, share);
  return { lines: Number((kept ?? "").replace(/\D/g, "")), in_document, frame_p50_ms: of(0.5), frame_p95_ms: of(0.95), search_ms };
}

async function scriptSeconds(session: CDPSession): Promise<number> {
  const { metrics: found } = await session.send("Performance.getMetrics");
  return found.find(({ name }) => name === "ScriptDuration")?.value ?? 0;
}

async function heap(page: Page, session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.enable");
  await session.send("HeapProfiler.collectGarbage");
  return (await page.evaluate<number>("performance.memory.usedJSHeapSize")) / 1e6;
}

/** What one writes first: a page that asks for the run each second, and shows the same figure. */
async function pollingPage(token: string): Promise<{ url: string; close(): void }> {
  const html = `<!doctype html><meta charset="utf-8"><p id="step"></p><script>
    const ask = async () => {
      const answer = await fetch("/run");
      const { progress } = await answer.json();
      document.querySelector("#step").textContent = progress?.global_step ?? "";
      setTimeout(ask, 1000);
    };
    ask();
  </script>`;
  const server = createServer(async (request, response) => {
    if (request.url !== "/run") return void response.writeHead(200, { "content-type": "text/html" }).end(html);
    const answer = await fetch(`${relay.url}/api/runs/${RUN}`, { headers: { authorization: `Bearer ${token}` } });
    return void response.writeHead(200, { "content-type": "application/json" }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

type Results = {
  script_gzip_kb: number;
  runcast: { load: Load; latency: Latency };
  polling: { load: Load; latency: Latency };
  live: Live;
  log: Log;
};

function report({ script_gzip_kb, runcast, polling, live: found, log: text }: Results): string {
  const row = (what: string, a: number, b: number) => [what, shown(a), shown(b)];
  return [
    markdown(
      ["", "runcast", "a bare page that asks each second"],
      [
        row("first paint on a phone, ms", runcast.load.paint_ms, polling.load.paint_ms),
        row("first live figure on a phone, ms", runcast.load.figure_ms, polling.load.figure_ms),
        row("step → screen p50, ms", runcast.latency.p50_ms, polling.latency.p50_ms),
        row("step → screen p95, ms", runcast.latency.p95_ms, polling.latency.p95_ms),
      ],
    ),
    `JavaScript, gzip: ${shown(script_gzip_kb)} kB. Live with ${SERIES + 1} series at 10/s: ${shown(found.frames_per_second)} frames/s, p95 ${shown(found.frame_p95_ms)} ms, ` +
      `${shown(found.script_ms_per_second)} ms of script a second. Heap ${shown(found.heap_before_mb)} MB, after ${hourSteps} steps more ${shown(found.heap_after_mb)} MB.`,
    `Log: ${shown(text.lines)} lines, ${text.in_document} of them in the document; while 1,000 more come each second a frame takes ${shown(text.frame_p50_ms)} ms, ` +
      `p95 ${shown(text.frame_p95_ms)} ms; a search takes ${shown(text.search_ms)} ms.`,
  ].join("\n\n");
}
