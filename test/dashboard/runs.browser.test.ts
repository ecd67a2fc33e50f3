import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
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

const home = async (role: "owner" | "viewer", runs = "*", path = "/") => `${relay.url}${path}#token=${await relay.token(role, runs)}`;
const row = (page: Page, name: string) => page.getByRole("listitem").filter({ hasText: name });
const step = (global_step: number, loss: number | string): AnyEvent => ({
  type: "training_progress",
  ...{ global_step, step: global_step, epoch: 0, max_step: 100, max_epoch: 1, loss, eta_seconds: 600 },
});

async function startRun(run: string, name: string): Promise<Producer> {
  const producer = await Producer.connect({
    ...{ url: relay.url, run, token: await relay.token("agent", run), runInfo: { type: "run_info", name } },
  });
  onTestFinished(() => producer.close());
  return producer;
}

describe.skipIf(chromiumPath === undefined)("the list of runs, in a real browser against a real relay", () => {
  test("HTTP without a run it says how to attach a trainer; an owner makes its token here, and a viewer is not offered to", async () => {
    const owner = await openPage(browser);
    await owner.page.goto(await home("owner"));
    await owner.page.getByRole("heading", { name: "No run yet" }).waitFor();
    await owner.page.getByRole("button", { name: "Make a token for it" }).click();
    const line = owner.page.getByText(/npx runcast login '.+#token=ey/);
    const token = /#token=([^']+)/.exec((await line.textContent()) ?? "")?.[1] ?? "";
    const made = await fetch(`${relay.url}/api/session`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
    expect(await made.json()).toMatchObject({ role: "agent" });
    const viewer = await openPage(browser, { viewport: PHONE });
    await viewer.page.goto(await home("viewer"));
    await viewer.page.getByRole("heading", { name: "No run yet" }).waitFor();
    expect(await viewer.page.getByRole("button", { name: "Make a token" }).count()).toBe(0);
    expect(await viewer.page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    expect([...owner.complaints, ...viewer.complaints]).toEqual([]);
  });

  test("HTTP HL1 each run shows its truth, loss, last sample and owner; search, status and order stand in the address", async () => {
    const evil = "<img src=x onerror=\"document.title='owned'\">";
    const going = await startRun("going", "a flux run");
    const failed = await startRun("failed", evil);
    const picture = readFileSync("test/recordings/samples/0 - a red circle/2026-11-23_04-41-22-training-sample-0-0-0.jpg");
    const path = await going.upload(new Uint8Array(picture), "image/jpeg");
    await going.send(
      { type: "training_status", status: "running" },
      ...Array.from({ length: 20 }, (_, index) => step(index + 1, 1 / (index + 1))),
      { type: "sample_generated", sample_id: "s", path, thumbnail_path: path, media_type: "image/jpeg", width: 64, height: 64, step: 20 },
    );
    await failed.send(step(3, 0.5), step(4, "NaN"), { type: "training_status", status: "error", error: "loss became NaN" });
    const { page, complaints } = await openPage(browser, { colorScheme: "dark" });
    await page.goto(await home("owner"));
    const flux = row(page, "a flux run");
    await flux.getByText("Running").waitFor();
    await flux.getByRole("img", { name: "Loss over the run" }).waitFor();
    await flux.getByText("agent online").waitFor();
    await flux.getByText(/(10 min|9 min 5\d s) left · /).waitFor();
    await expect.poll(() => page.evaluate('document.querySelector(".run-sample img").naturalWidth')).toBe(64);
    await row(page, evil).getByRole("img", { name: "Loss, which became no number" }).waitFor();
    expect(await page.locator("img[src=x]").count()).toBe(0);

    await page.getByRole("button", { name: "Failed 1" }).click();
    await expect.poll(() => page.locator(".run-item").count()).toBe(1);
    expect(page.url()).toBe(`${relay.url}/?status=failed`);
    await page.reload();
    await row(page, evil).waitFor();
    expect(await page.locator(".run-item").count()).toBe(1);
    await page.getByLabel("Search runs").fill("nothing like it");
    await page.getByText("No run matches.").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await expect.poll(() => page.locator(".run-item").count()).toBe(2);

    await page.getByRole("link", { name: /a flux run/ }).focus();
    await page.keyboard.press("k");
    await page.keyboard.press("j");
    for (const name of ["a flux run", evil]) await page.getByRole("checkbox", { name: `Pick ${name} for comparing` }).check();
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await expect.poll(() => page.url()).toBe(`${relay.url}/compare?run=going&run=failed`);
    expect(complaints).toEqual([]);
  });

  test("HTTP more runs than one answer has are read when somebody asks, and an owner deletes one that is over", async () => {
    const token = await relay.token("agent", "many-*");
    for (let index = 0; index < 205; index += 1) {
      const producer = await Producer.connect({ url: relay.url, run: `many-${index}`, token, life: "l" });
      if (index === 204) await producer.send({ type: "training_status", status: "completed" });
      await producer.close();
    }
    const { page } = await openPage(browser, { viewport: PHONE });
    await page.goto(await home("owner", "many-*"));
    await expect.poll(() => page.locator(".run-item").count()).toBe(200);
    await page.getByRole("button", { name: "Older runs" }).click();
    await expect.poll(() => page.locator(".run-item").count()).toBe(205);
    expect(await page.getByRole("button", { name: "Older runs" }).count()).toBe(0);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    await page.getByRole("button", { name: "Delete many-204" }).click();
    await page.getByRole("dialog", { name: "Delete a run" }).getByRole("button", { name: "Delete", exact: true }).click();
    await expect.poll(() => page.locator(".run-item").count()).toBe(204);
  });
});
