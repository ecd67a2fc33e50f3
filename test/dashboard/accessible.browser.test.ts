import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { AnyEvent } from "../../protocol/index.ts";
import { buildDashboard, isDashboardFresh } from "../../scripts/make/dashboard.ts";
import { chromiumPath, startChromium } from "../support/chromium.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { findings } from "./axe.ts";
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

const PICTURE = "test/recordings/samples/0 - a red circle/2026-11-23_04-41-22-training-sample-0-0-0.jpg";

/** A run with something in every panel. */
async function fullRun(run: string): Promise<Producer> {
  const runInfo = { type: "run_info", name: `run ${run}`, trainer: "OneTrainer", config: { learning_rate: 0.0001 }, host: { os: "Linux" } };
  const producer = await Producer.connect({ url: relay.url, run, token: await relay.token("agent", run), runInfo });
  onTestFinished(() => producer.close());
  const path = await producer.upload(new Uint8Array(readFileSync(PICTURE)), "image/jpeg");
  const sample = (step: number, prompt: string): AnyEvent => ({
    ...{
      type: "sample_generated",
      sample_id: `${prompt} ${step}`.replaceAll(" ", "-"),
      path,
      thumbnail_path: path,
      media_type: "image/jpeg",
    },
    ...{ width: 64, height: 64, step, prompt },
  });
  const steps = Array.from({ length: 40 }, (_, index) => index);
  const series = { "loss/train_step": steps.map((step) => 1 / (step + 1)), "lr/unet": steps.map(() => 1e-4) };
  await producer.send(
    { type: "training_status", status: "running", phase: "training" },
    { type: "metrics", steps, series },
    { type: "training_progress", global_step: 40, step: 40, epoch: 0, max_step: 100, max_epoch: 4, loss: 0.025, eta_seconds: 600 },
    { type: "system_stats", cpu_percent: 12, gpus: [{ name: "GPU", utilization_percent: 97, throttle_reasons: ["power"] }] },
    { type: "log", level: "warning", message: "a warning", source: "stderr" },
    { type: "log", level: "info", message: "a line", source: "stdout" },
    { type: "training_health", process: { state: "alive", pid: 1 }, progress: { state: "stalled", reason: "no step for 94 s" } },
    ...[sample(0, "a red circle"), sample(10, "a red circle"), sample(10, "a blue square")],
  );
  return producer;
}

async function closeDialogs(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator("dialog[open]").count()).toBe(0);
}

describe.skipIf(chromiumPath === undefined)("the page for people who do not see, point or want movement", () => {
  test("AC1 axe-core has nothing serious against sign-in, an empty list and a list of runs, at any size and in any scheme", async () => {
    const { page } = await openPage(browser);
    await page.goto(relay.url);
    await page.getByLabel("Link or token").fill("nonsense");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("That is neither a link nor a token").waitFor();
    expect(await findings(page)).toEqual([]);
    await page.goto(`${relay.url}/#token=${await relay.token("owner", "*")}`);
    await page.getByRole("heading", { name: "No run yet" }).waitFor();
    expect(await findings(page)).toEqual([]);
    await fullRun("listed");
    await page.getByRole("link", { name: /^run listed/ }).waitFor();
    expect(await findings(page)).toEqual([]);
  });

  test("VW3 axe-core has nothing serious against a run that is live, its dialogs, its end, and one that is not there", async () => {
    const producer = await fullRun("full");
    const { page } = await openPage(browser);
    await page.goto(`${relay.url}/runs/full#token=${await relay.token("owner", "*")}`);
    await page.getByText("no step for 94 s").waitFor();
    await page.locator(".uplot canvas").first().waitFor();
    expect(await findings(page)).toEqual([]);
    for (const name of ["Share …", "Sample …", "Stop …"]) {
      await page.getByRole("button", { name }).click();
      await page.locator("dialog[open]").waitFor();
      expect(await findings(page)).toEqual([]);
      await closeDialogs(page);
      expect(await page.evaluate("document.activeElement.textContent")).toBe(name);
    }
    await page.getByRole("button", { name: /^a red circle, step 10: show large/ }).click();
    await page.locator("dialog[open]").waitFor();
    expect(await findings(page)).toEqual([]);
    await closeDialogs(page);
    await producer.send({ type: "training_status", status: "error", error: "out of memory" });
    await page.getByRole("alert").getByText("out of memory").waitFor();
    expect(await findings(page)).toEqual([]);
    await page.goto(`${relay.url}/compare?run=full&run=listed`);
    await page.getByRole("heading", { name: "Compare" }).waitFor();
    await page.locator(".uplot canvas").first().waitFor();
    expect(await findings(page)).toEqual([]);
    await page.goto(`${relay.url}/runs/nobody`);
    await page.getByRole("heading", { name: "This run has not started yet" }).waitFor();
    expect(await findings(page)).toEqual([]);
  });

  test("VW3 by keyboard alone: past the header, to search and samples, to the runs, with the keys told by ?, and never while typing", async () => {
    await fullRun("keys");
    const { page } = await openPage(browser);
    await page.goto(`${relay.url}/runs/keys#token=${await relay.token("owner", "*")}`);
    await page.getByText("no step for 94 s").waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.tagName")).toBe("MAIN");
    expect(page.url()).toBe(`${relay.url}/runs/keys`);

    await page.keyboard.press("s");
    expect(await page.evaluate("document.activeElement.classList.contains('area-samples')")).toBe(true);
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keys" });
    await help.getByText("Go to the runs").waitFor();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.type("gr");
    await help.waitFor();
    await closeDialogs(page);

    // A panel's own key: whatever asks for one by the attribute.
    await page.evaluate("document.querySelector('.bell button').setAttribute('aria-keyshortcuts', 'n')");
    await page.keyboard.press("?");
    await help.getByText("Notifications").waitFor();
    await closeDialogs(page);

    await page.getByRole("button", { name: "Sample …" }).click();
    await page.getByLabel("Prompt", { exact: true }).fill("");
    await page.getByLabel("Prompt", { exact: true }).pressSequentially("s gr ?");
    expect(await page.getByLabel("Prompt", { exact: true }).inputValue()).toBe("s gr ?");
    await closeDialogs(page);
    await page.keyboard.type("gr");
    await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
  });

  test("VW3 at twice the size nothing is cut off; without movement nothing moves; with the system's colours all is still told", async () => {
    await fullRun("large");
    const { page } = await openPage(browser, { viewport: PHONE });
    await page.emulateMedia({ reducedMotion: "reduce", forcedColors: "active", contrast: "more" });
    await page.goto(`${relay.url}/runs/large#token=${await relay.token("owner", "*")}`);
    await page.getByText("no step for 94 s").waitFor();
    const moving = `[...document.querySelectorAll("*")].filter((element) => {
      const { transitionDuration, animationDuration } = getComputedStyle(element);
      return [...transitionDuration.split(","), ...animationDuration.split(",")].some((time) => parseFloat(time) > 0.001);
    }).map((element) => element.outerHTML.slice(0, 80))`;
    expect(await page.evaluate(moving)).toEqual([]);
    // Half the width at the same size of text is what twice the zoom shows.
    await page.setViewportSize({ width: 640, height: 400 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(640);
    await page.setViewportSize({ width: 320, height: 640 });
    const wide = `[...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > 321 && !element.closest(".lines, .buttons, .film, .u-wrap, table"))
      .map((element) => element.outerHTML.slice(0, 120))`;
    await expect.poll(() => page.evaluate(wide)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
  });
});
