import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { AnyEvent } from "../../protocol/index.ts";
import { buildDashboard, isDashboardFresh } from "../../scripts/make/dashboard.ts";
import { chromiumPath, startChromium } from "../support/chromium.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { openPage, PHONE } from "./open-page.ts";
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

const link = async (run: string, role: "viewer" | "operator" = "viewer") =>
  `${relay.url}/runs/${run}#token=${await relay.token(role, run)}`;

/** A picture of one colour. */
const picture = async (red: number) =>
  new Uint8Array(
    await sharp({ create: { width: 96, height: 64, channels: 3, background: { r: red, g: 90, b: 160 } } })
      .png()
      .toBuffer(),
  );

let made = 0;
async function sampleOf(producer: Producer, step: number, prompt: string, more: Record<string, unknown> = {}): Promise<AnyEvent> {
  made += 1;
  const path = await producer.upload(await picture((made * 40) % 256), "image/png");
  return {
    ...{ type: "sample_generated", sample_id: `s${made}`, path, thumbnail_path: path, media_type: "image/png" },
    ...{ width: 96, height: 64, step, prompt, ...more },
  };
}

const panel = (page: Page) => page.getByRole("region", { name: "Samples" });
const cell = (page: Page, prompt: string, step: number) => panel(page).getByRole("button", { name: `${prompt}, step ${step}: show large` });

describe.skipIf(chromiumPath === undefined)("samples, in a real browser against a real relay", () => {
  test("EV1 one handle moves every prompt through time, a new sample comes by itself, and what it replaced is one gesture away", async () => {
    const producer = await startRun("film");
    const evil = "<img src=x onerror=\"document.title='owned'\">";
    for (const step of [0, 8, 16]) await producer.send(await sampleOf(producer, step, "a circle"), await sampleOf(producer, step, evil));
    const { page, complaints } = await openPage(browser);
    await page.goto(await link("film"));
    await cell(page, "a circle", 16).waitFor();
    await panel(page).locator(".cell-prompt").filter({ hasText: evil }).waitFor();
    expect(await page.locator("img[src=x]").count()).toBe(0);

    const handle = panel(page).getByRole("slider", { name: "Moment" });
    await handle.focus();
    await page.keyboard.press("Home");
    await cell(page, "a circle", 0).waitFor();
    await producer.send(await sampleOf(producer, 24, "a circle"));
    await expect.poll(() => handle.getAttribute("max")).toBe("3");
    // Who looks at an older moment is left there.
    expect(await cell(page, "a circle", 0).count()).toBe(1);
    await panel(page).getByRole("button", { name: "Newest" }).click();
    await cell(page, "a circle", 24).getByText("new").waitFor();
    await cell(page, evil, 16).getByText("earlier").waitFor();

    await cell(page, "a circle", 24).focus();
    await page.keyboard.down("b");
    await panel(page).getByText("before: 16").waitFor();
    await page.keyboard.up("b");
    await cell(page, "a circle", 24).waitFor();
    expect(complaints).toEqual([]);
  });

  test("EV1 a sample fills the screen: keys go through time and prompts, it is enlarged, compared and taken home", async () => {
    const producer = await startRun("large");
    for (const step of [0, 8]) await producer.send(await sampleOf(producer, step, "a circle"), await sampleOf(producer, step, "a square"));
    const { page, complaints } = await openPage(browser, { colorScheme: "dark" });
    await page.goto(await link("large"));
    await cell(page, "a circle", 8).click();
    const viewer = page.getByRole("dialog", { name: "Sample" });
    await viewer.getByText("Step 8").waitFor();
    await page.keyboard.press("ArrowLeft");
    await viewer.getByText("Step 0").waitFor();
    await page.keyboard.press("ArrowDown");
    await viewer.getByText("a square").waitFor();
    await page.keyboard.press("+");
    await expect.poll(() => viewer.locator(".zoomed").getAttribute("style")).toContain("scale(1.5)");
    await page.keyboard.press("0");

    await page.keyboard.press("a");
    await page.keyboard.press("ArrowRight");
    await viewer.getByText("A: step 0 · B: step 8").waitFor();
    const divider = viewer.getByRole("slider", { name: "Divider between A and B" });
    await divider.focus();
    await page.keyboard.press("ArrowRight");
    expect(await divider.getAttribute("aria-valuenow")).toBe("52");
    await viewer.getByRole("button", { name: "Side by side" }).click();
    await expect.poll(() => viewer.locator("img").count()).toBe(2);
    await viewer.getByRole("button", { name: "End comparing" }).click();

    const [file] = await Promise.all([page.waitForEvent("download"), viewer.getByRole("button", { name: "Download" }).click()]);
    expect(file.suggestedFilename()).toBe("large-8-a-square.png");
    expect((await sharp(readFileSync(await file.path())).metadata()).width).toBe(96);
    await page.keyboard.press("Escape");
    await viewer.waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  test("VW3 hundreds of steps are a grid of which only what is in sight is there, and older ones are read on the way", async () => {
    const producer = await startRun("many");
    const first = await sampleOf(producer, 0, "a circle");
    const events = Array.from({ length: 700 }, (_, index) => ({ ...first, sample_id: `m${index}`, step: index }));
    for (let from = 0; from < events.length; from += 100) await producer.send(...events.slice(from, from + 100));
    const { page, complaints } = await openPage(browser, { viewport: PHONE });
    await page.goto(await link("many"));
    await cell(page, "a circle", 699).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    await panel(page).getByRole("button", { name: "Grid" }).click();
    const grid = page.getByRole("dialog", { name: "All samples" });
    await grid.getByText(/1 prompt × [345]00 steps/).waitFor();
    await grid.getByRole("button", { name: "a circle, step 699: show large" }).waitFor();
    expect(await grid.getByRole("button", { name: /show large/ }).count()).toBeLessThan(20);
    const toBeginning = () => page.evaluate('document.querySelector(".film").scrollLeft = 0');
    await expect
      .poll(async () => {
        await toBeginning();
        return grid.getByText("1 prompt × 700 steps").count();
      })
      .toBe(1);
    await toBeginning();
    await grid.getByRole("button", { name: "a circle, step 0: show large" }).click();
    await page.getByRole("dialog", { name: "Sample", exact: true }).getByText("Step 0").waitFor();
    expect(complaints).toEqual([]);
  });

  test("CM3 an operator takes a sample from here, again with the same prompt; a video plays, and what is no picture is not taken for one", async () => {
    const producer = await startRun("asked");
    await producer.send({ type: "training_status", status: "running", phase: "training" }, await sampleOf(producer, 4, "a circle"));
    const film = {
      type: "sample_generated",
      sample_id: "v",
      path: "/api/runs/asked/blobs/none",
      media_type: "video/mp4",
      step: 5,
      prompt: "it moves",
    };
    await producer.send({ type: "sample_progress", sample_type: "default", step: 3, max_step: 20 }, film);
    const { page } = await openPage(browser);
    await page.goto(await link("asked", "operator"));
    await cell(page, "a circle", 4).click();
    await page.getByRole("button", { name: "Again …" }).click();
    const ask = page.getByRole("dialog", { name: "Take a sample" });
    await expect.poll(() => ask.getByLabel("Prompt", { exact: true }).inputValue()).toBe("a circle");
    await ask.getByRole("button", { name: "Take it" }).click();
    expect(await producer.command()).toMatchObject({ command: "sample", prompt: "a circle" });
    await producer.send({ type: "sample_progress", sample_type: "default", step: 7, max_step: 20 });
    await panel(page).getByText("Sampling: step 7 of 20").waitFor();
    await cell(page, "it moves", 5).click();
    await page.getByRole("dialog", { name: "Sample", exact: true }).getByText("Not available.").waitFor();
  });
});
