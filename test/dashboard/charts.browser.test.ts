import { readFileSync } from "node:fs";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { AnyEvent } from "../../protocol/index.ts";
import { buildDashboard, isDashboardFresh } from "../../scripts/make/dashboard.ts";
import { chromiumPath, startChromium } from "../support/chromium.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { openPage, PHONE } from "./open-page.ts";
import { Producer } from "./producer.ts";

let relay: Relay;
let browser: Browser;
let runs = 0;

beforeAll(async () => {
  if (!isDashboardFresh()) await buildDashboard({ quiet: true });
  [relay, browser] = await Promise.all([startRelay(), startChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await relay?.stop();
});

const RUNNING: AnyEvent = { type: "training_status", status: "running", phase: "training" };
const EVIL = "<img src=x onerror=\"document.title='owned'\">";
const range = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);
const points = (steps: number[], series: Record<string, (step: number) => number | string>): AnyEvent => ({
  ...{ type: "metrics", steps, series: Object.fromEntries(Object.entries(series).map(([name, value]) => [name, steps.map(value)])) },
});
const progress = (global_step: number): AnyEvent => ({ type: "training_progress", global_step, step: global_step % 100, max_step: 100 });

async function connect(run: string, life = "first"): Promise<Producer> {
  const token = await relay.token("agent", run);
  const producer = await Producer.connect({ url: relay.url, run, token, life, runInfo: { type: "run_info", name: "curves" } });
  onTestFinished(() => producer.close());
  return producer;
}

async function startRun() {
  runs += 1;
  const run = `charts-${runs}`;
  return { run, producer: await connect(run) };
}

async function open(page: Page, run: string): Promise<void> {
  await page.goto(`${relay.url}/runs/${run}#token=${await relay.token("viewer", run)}`);
  await page.locator(".area-loss .u-over").waitFor();
}

/** Collects what a page asks for curves: `points=1000`, `keys=loss&points=…&from=…`. */
function questions(page: Page): { curves: string[]; events: string[] } {
  const asked = { curves: [] as string[], events: [] as string[] };
  page.on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.endsWith("/metrics")) asked.curves.push(search);
    if (pathname.endsWith("/events")) asked.events.push(search);
  });
  return asked;
}

const cursorOf = (page: Page, title: string): Locator => page.getByRole("slider", { name: `${title}: cursor` });
const spoken = (cursor: Locator) => cursor.getAttribute("aria-valuetext");

/** Hangs up on fewer pixels than a look: a drag over a part of the plot, from and to as parts of its width. */
async function drag(page: Page, over: Locator, from: number, to: number): Promise<void> {
  const box = await over.boundingBox();
  if (!box) throw new Error("the plot is not on the page");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, y, { steps: 4 });
  await page.mouse.up();
}

async function saved(page: Page, button: string): Promise<{ name: string; content: Buffer }> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: button, exact: true }).click();
  const file = await download;
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

/** Of a PNG, in its own pixels. */
const sizeOf = (png: Buffer) => ({ width: png.readUInt32BE(16), height: png.readUInt32BE(20) });

describe.skipIf(chromiumPath === undefined)("the charts, in a real browser against a real relay", () => {
  test("VW3 EV2 the whole curve comes in one answer with its peak and its NaN, every series has its chart, and each is a file", async () => {
    const { run, producer } = await startRun();
    await producer.send(RUNNING);
    const series = {
      "loss/train_step": (step: number) => (step === 777 ? 9 : step === 1500 ? "NaN" : 1 / (step + 1)),
      "lr/unet": () => 1e-4,
      "lr/text_encoder": () => 5e-5,
      [`${EVIL}/x`]: (step: number) => step,
      "=formula": (step: number) => step,
    };
    for (const block of range(30)) await producer.send(points(range(100, block * 100), series), progress(block * 100 + 99));
    await producer.send(points(range(1, 3000), { "loss/train_step": () => 0.5, "loss/validation_step/held out": () => 0.25 }));
    const { page, complaints } = await openPage(browser);
    const asked = questions(page);
    await open(page, run);
    const loss = cursorOf(page, "Loss");
    await expect.poll(() => spoken(loss)).toContain("loss/train_step 0.5000");
    await expect.poll(() => asked.curves).toEqual(["?points=1000"]);
    expect(asked.events.filter((search) => search.includes("metrics"))).toEqual([]);

    await loss.focus();
    await page.keyboard.press("Home");
    await expect.poll(() => spoken(loss)).toMatch(/^step [0-2], loss/);
    await page.keyboard.press("ArrowRight");
    await expect.poll(async () => Number(await loss.getAttribute("aria-valuenow"))).toBeGreaterThan(0);
    // One cursor for all charts.
    expect(await cursorOf(page, "lr").getAttribute("aria-valuenow")).toBe(await loss.getAttribute("aria-valuenow"));
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator(".plot-tooltip").count()).toBe(0);

    const others = page.getByRole("region", { name: "Other series" });
    await others.getByText(EVIL, { exact: false }).first().waitFor();
    await others.getByText("=formula").first().waitFor();
    expect(await page.locator("img[src=x]").count()).toBe(0);
    await page.getByLabel("Loss", { exact: true }).getByText("validation: held out").waitFor();

    const csv = await saved(page, "Loss: save as CSV");
    expect(csv.name).toBe("curves Loss.csv");
    const rows = csv.content.toString().split("\r\n");
    expect(rows.filter((row) => row.startsWith("loss/train_step")).some((row) => row.split(",")[6] === "9")).toBe(true);
    expect(rows.filter((row) => row.startsWith("loss/train_step")).reduce((sum, row) => sum + Number(row.split(",")[7]), 0)).toBe(1);
    const all = await saved(page, "All charts: save as CSV");
    expect(all.content.toString()).toContain("'=formula,");
    const png = await saved(page, "Loss: save as PNG");
    expect(png.content.subarray(1, 4).toString()).toBe("PNG");
    expect(sizeOf(png.content).width).toBeGreaterThan(500);
    const together = await saved(page, "All charts: save as PNG");
    expect(sizeOf(together.content).height).toBeGreaterThan(2 * sizeOf(png.content).height);
    expect(complaints).toEqual([]);
  });

  test("VW3 a closer look is asked for once and finer, all charts look alike, and what was chosen is remembered", async () => {
    const { run, producer } = await startRun();
    const series = { "loss/train_step": (step: number) => Math.sin(step), "lr/a": (step: number) => step, "lr/b": () => 1 };
    for (const block of range(30)) await producer.send(points(range(100, block * 100), series), progress(block * 100 + 99));
    const { page, complaints } = await openPage(browser);
    const asked = questions(page);
    await open(page, run);
    const loss = cursorOf(page, "Loss");
    await expect.poll(() => spoken(loss)).toMatch(/^step 2,999/);
    const over = loss.locator(".u-over");
    const whole = await loss.getAttribute("aria-valuemin");
    await drag(page, over, 0.4, 0.5);
    await expect.poll(async () => Number(await loss.getAttribute("aria-valuemax"))).toBeLessThan(1600);
    await expect.poll(() => asked.curves.length).toBe(2);
    expect(asked.curves[1]).toMatch(/keys=loss%2Ftrain_step.*&from=1\d+&to=1\d+$/);
    const zoomed = await loss.getAttribute("aria-valuemin");
    expect(await cursorOf(page, "lr").getAttribute("aria-valuemin")).toBe(zoomed);
    // Each step has its own row where there were buckets.
    await expect
      .poll(async () => {
        const rows = (await saved(page, "Loss: save as CSV")).content.toString().split("\r\n").slice(1, -1);
        const steps = rows.map((row) => Number(row.split(",")[2]));
        return steps.length > 200 && steps.every((step, index) => index === 0 || step === (steps[index - 1] ?? 0) + 1);
      })
      .toBe(true);
    await over.dblclick({ position: { x: 60, y: 60 } });
    await expect.poll(() => loss.getAttribute("aria-valuemin")).toBe(whole);
    await drag(page, over, 0.42, 0.48);
    await expect.poll(async () => Number(await loss.getAttribute("aria-valuemax"))).toBeLessThan(1600);
    // Shift drags what is seen, and it is what was asked for already.
    const before = Number(await loss.getAttribute("aria-valuemin"));
    await page.keyboard.down("Shift");
    await drag(page, over, 0.5, 0.6);
    await page.keyboard.up("Shift");
    await expect.poll(async () => Number(await loss.getAttribute("aria-valuemin"))).toBeLessThan(before);
    await page.getByRole("button", { name: "Reset zoom" }).click();
    await expect.poll(() => loss.getAttribute("aria-valuemin")).toBe(whole);
    expect(asked.curves.length).toBe(2);

    await page.getByRole("slider", { name: "Smoothing" }).fill("0.9");
    await page.getByRole("button", { name: "Log scale" }).click();
    await page.getByLabel("X axis").selectOption("epoch");
    const line = page.getByRole("button", { name: /^lr: |b 1\.0000/ }).last();
    await line.click();
    await expect.poll(() => line.getAttribute("aria-pressed")).toBe("false");
    await page.locator("summary").filter({ hasText: "lr" }).click();
    await page.reload();
    await expect.poll(() => spoken(loss)).toMatch(/^epoch 29\.99 · step 2,999/);
    expect(await page.getByRole("slider", { name: "Smoothing" }).inputValue()).toBe("0.9");
    expect(await page.getByRole("button", { name: "Log scale" }).getAttribute("aria-pressed")).toBe("true");
    expect(await cursorOf(page, "lr").count()).toBe(0);
    await page.locator("summary").filter({ hasText: "lr" }).click();
    await expect.poll(() => line.getAttribute("aria-pressed")).toBe("false");
    expect(complaints).toEqual([]);
  });

  test("VW3 EV2 live points are appended, a resumed training keeps both lines, and a connection that recovers asks for no curve", async () => {
    const { run, producer } = await startRun();
    await producer.send(RUNNING);
    const { page, complaints } = await openPage(browser);
    const asked = questions(page);
    await open(page, run);
    await expect.poll(() => asked.curves.length).toBe(1);
    await page.getByText("No loss yet.").waitFor();
    const loss = cursorOf(page, "Loss");
    const one = (step: number) => points([step], { "loss/train_step": () => step });
    await producer.send(...range(20).map(one), progress(19));
    await expect.poll(() => spoken(loss)).toContain("loss/train_step 19.00");
    await producer.send({ ...RUNNING, phase: "backup" }, RUNNING, ...range(5, 10).map(one));
    await expect.poll(() => spoken(loss)).toContain("loss/train_step 14.00");
    const rows = (await saved(page, "Loss: save as CSV")).content.toString().split("\r\n").slice(1, -1);
    expect(rows.map((row) => row.split(",").slice(1, 3).join(":"))).toEqual([
      ...range(20).map((step) => `0:${step}`),
      ...range(5, 10).map((step) => `1:${step}`),
    ]);
    const over = loss.locator(".u-over");
    const width = (await over.boundingBox())?.width ?? 0;
    await over.hover({ position: { x: (width * 10) / 19, y: 50 } });
    await page.locator(".plot-tooltip").getByText("Resumed · step 10").waitFor();
    await over.hover({ position: { x: width - 2, y: 50 } });
    await page.locator(".plot-tooltip").getByText("Backup · step 19").waitFor();
    await page.getByRole("button", { name: "Markers" }).click();
    await expect.poll(() => page.locator(".plot-tooltip").getByText("Backup").count()).toBe(0);

    for (const mode of ["time", "elapsed"]) {
      await page.getByLabel("X axis").selectOption(mode);
      await expect.poll(async () => Number(await loss.getAttribute("aria-valuemin"))).toBeGreaterThan(1e12);
    }
    await relay.kill9();
    await page.getByText("recovering").waitFor();
    await relay.restart();
    await expect.poll(() => page.getByText("recovering").count(), { timeout: 30_000 }).toBe(0);
    const again = await connect(run, "second");
    await again.send(...range(3, 15).map(one));
    await expect.poll(() => spoken(loss)).toContain("loss/train_step 17.00");
    expect(asked.curves.length).toBe(1);
    expect(complaints).toEqual([]);
  });

  test("VW3 on a phone a pinch zooms, a finger that moves sideways reads, and the page scrolls over a chart", async () => {
    const { run, producer } = await startRun();
    await producer.send(RUNNING, points(range(500), { "loss/train_step": (step) => 500 - step, "lr/a": () => 1 }), progress(499));
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ viewport: PHONE, colorScheme, hasTouch: true, isMobile: true });
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      await open(page, run);
      const loss = cursorOf(page, "Loss");
      await expect.poll(() => spoken(loss)).toMatch(/^step 499/);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
      const devtools = await context.newCDPSession(page);
      await loss.scrollIntoViewIfNeeded();
      const box = await loss.locator(".u-over").boundingBox();
      if (!box) throw new Error("the plot is not on the page");
      const at = (x: number) => ({ x: box.x + box.width * x, y: box.y + box.height / 2 });
      const touch = (type: string, touchPoints: { x: number; y: number }[]) =>
        devtools.send("Input.dispatchTouchEvent", {
          type: type as "touchStart",
          touchPoints: touchPoints.map((point, id) => ({ ...point, id })),
        });

      await touch("touchStart", [at(0.3)]);
      for (const x of [0.4, 0.5, 0.6]) await touch("touchMove", [at(x)]);
      await page.locator(".plot-tooltip").waitFor();
      await touch("touchEnd", []);
      await expect.poll(async () => Math.abs(Number(await loss.getAttribute("aria-valuenow")) - 0.6 * 499)).toBeLessThan(15);

      await touch("touchStart", [at(0.4), at(0.6)]);
      for (const spread of [0.15, 0.2, 0.3, 0.4]) await touch("touchMove", [at(0.5 - spread), at(0.5 + spread)]);
      await touch("touchEnd", []);
      await expect.poll(async () => Number(await loss.getAttribute("aria-valuemax"))).toBeLessThan(400);
      await page.getByRole("button", { name: "Reset zoom" }).tap();
      await expect.poll(() => loss.getAttribute("aria-valuemax")).toBe("499");

      const before = Number(await page.evaluate("scrollY"));
      const place = await loss.locator(".u-over").boundingBox();
      const x = PHONE.width / 2;
      const y = (place?.y ?? 0) + 150;
      await touch("touchStart", [{ x, y }]);
      for (const up of range(10, 1)) await touch("touchMove", [{ x, y: y - up * 25 }]);
      await touch("touchEnd", []);
      await expect.poll(async () => Number(await page.evaluate("scrollY"))).toBeGreaterThan(before + 100);
      expect(complaints).toEqual([]);
    }
  });
});
