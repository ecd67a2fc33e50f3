import { readFileSync } from "node:fs";
import type { Browser, CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { AnyEvent } from "../../protocol/index.ts";
import { buildDashboard, isDashboardFresh } from "../../scripts/make/dashboard.ts";
import { chromiumPath, startChromium } from "../support/chromium.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { openPage } from "./open-page.ts";
import { Producer } from "./producer.ts";

let relay: Relay;
let browser: Browser;

beforeAll(async () => {
  if (!isDashboardFresh()) await buildDashboard({ quiet: true });
  [relay, browser] = await Promise.all([startRelay(), startChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await relay?.stop();
});

async function startRun(run: string): Promise<Producer> {
  const producer = await Producer.connect({ url: relay.url, run, token: await relay.token("agent", run) });
  onTestFinished(() => producer.close());
  return producer;
}

const link = async (run: string) => `${relay.url}/runs/${run}#token=${await relay.token("viewer", run)}`;
const range = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);
const short = (value: number) => Number(value.toFixed(4));

/** A day at ten steps a second. */
const DAY_STEPS = 864_000;
const PEAK = 500_123;
const STEPS_PER_EVENT = 200;
const EVENTS_PER_BATCH = 50;

function metrics(from: number, count: number, started: number): AnyEvent {
  const steps = range(count, from);
  const series = {
    "loss/train_step": steps.map((step) => (step === PEAK ? 1234.5 : short(1 + Math.sin(step / 9000)))),
    "smooth_loss/train_step": steps.map((step) => short(1 + Math.sin(step / 9000))),
    "lr/unet": steps.map((step) => short(Math.cos(step / DAY_STEPS))),
    grad_norm: steps.map((step) => short(Math.abs(Math.sin(step)))),
  };
  return { type: "metrics", timestamp: new Date(started + from * 100).toISOString(), steps, series };
}

const progress = (global_step: number): AnyEvent => ({
  type: "training_progress",
  ...{ global_step, step: global_step % 1000, epoch: Math.floor(global_step / 1000), max_step: 1000, max_epoch: 2000, loss: 0.5 },
});

async function heapMb(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize / 1e6;
}

describe.skipIf(chromiumPath === undefined)("a long run, in a real browser against a real relay", () => {
  test("VW3 EV2 a day of ten steps a second is there at once, from its first step to its last, with its one peak", async () => {
    const producer = await startRun("day");
    const started = Date.now() - DAY_STEPS * 100;
    const perBatch = STEPS_PER_EVENT * EVENTS_PER_BATCH;
    for (let from = 0; from < DAY_STEPS; from += perBatch) {
      const events = range(Math.ceil(Math.min(perBatch, DAY_STEPS - from) / STEPS_PER_EVENT));
      await producer.send(...events.map((index) => metrics(from + index * STEPS_PER_EVENT, STEPS_PER_EVENT, started)));
    }
    await producer.send(progress(DAY_STEPS - 1));
    const { page, complaints } = await openPage(browser);
    const answers: string[] = [];
    page.on("response", (response) => {
      if (new URL(response.url()).pathname.endsWith("/metrics")) answers.push(response.url());
    });
    await page.goto(await link("day"));
    const loss = page.getByRole("region", { name: "Loss" });
    await loss.locator(".u-over").waitFor();
    await expect.poll(() => answers.length).toBe(1);
    const [file] = await Promise.all([page.waitForEvent("download"), loss.getByRole("button", { name: "CSV" }).first().click()]);
    const csv = readFileSync(await file.path(), "utf8");
    expect(csv).toContain("1234.5");
    const steps = csv.split("\n").flatMap((line) => line.match(/\d{4,6}/g)?.map(Number) ?? []);
    expect(Math.max(...steps)).toBe(DAY_STEPS - 1);
    expect(complaints).toEqual([]);
  });

  test("VW3 an hour of live steps, ten a second, leaves the page's memory where it was", async () => {
    const producer = await startRun("hour");
    const started = Date.now();
    await producer.send({ type: "training_status", status: "running" }, metrics(0, 100, started), progress(100));
    const { page } = await openPage(browser);
    const session = await page.context().newCDPSession(page);
    await page.goto(await link("hour"));
    await page.locator(".uplot canvas").first().waitFor();
    let step = 100;
    const half = async (): Promise<number> => {
      for (let batch = 0; batch < 30; batch += 1) {
        const seconds = range(60);
        await producer.send(
          ...seconds.flatMap((second) => [
            metrics(step + second * 10, 10, started),
            progress(step + second * 10 + 10),
            { type: "log", level: "info", message: `step ${step + second * 10}`, source: "stdout" } as AnyEvent,
            { type: "system_stats", cpu_percent: second } as AnyEvent,
          ]),
        );
        step += 600;
      }
      await page.getByLabel("Progress", { exact: true }).getByText(step.toLocaleString("en-US"), { exact: true }).first().waitFor();
      return heapMb(session);
    };
    const before = await half();
    const after = await half();
    // Curves thin themselves out, and lines of the log are kept: half an hour of those is a few hundred kilobytes.
    expect(after - before).toBeLessThan(4);
  });
});
