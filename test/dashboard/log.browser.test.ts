import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { AnyEvent } from "../../protocol/index.ts";
import { buildDashboard, isDashboardFresh } from "../../scripts/make/dashboard.ts";
import { chromiumPath, startChromium } from "../support/chromium.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { DESKTOP, openPage, PHONE } from "./open-page.ts";
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
const log = (message: string, more: Record<string, unknown> = {}): AnyEvent => ({
  type: "log",
  level: "info",
  message,
  source: "stdout",
  ...more,
});
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const lines = (page: Page) => page.getByLabel("Console lines");
const inDocument = (page: Page) => page.locator(".line").count();
const distanceFromEnd = (page: Page) =>
  page.evaluate('(() => { const box = document.querySelector(".lines"); return box.scrollHeight - box.scrollTop - box.clientHeight; })()');
const toBeginning = (page: Page) => page.evaluate('document.querySelector(".lines").scrollTop = 0');

describe.skipIf(chromiumPath === undefined)("the log, in a real browser against a real relay", () => {
  test("VW3 20,000 lines: the end is followed, scrolling up lets go and reads older ones, and the document stays small", async () => {
    const producer = await startRun("long");
    for (const block of range(0, 20))
      await producer.send(...range(block * 1000, block * 1000 + 1000).map((index) => log(`line ${index} ${"x".repeat(index % 90)}`)));
    const { page, complaints } = await openPage(browser);
    await page.goto(await link("long"));
    await lines(page).getByText("line 19999 ").waitFor();
    expect(await distanceFromEnd(page)).toBeLessThan(24);

    // Up to the beginning, page after page.
    await lines(page).hover();
    await expect
      .poll(
        async () => {
          await toBeginning(page);
          return page.getByText("The log begins here.").count();
        },
        { timeout: 30_000 },
      )
      .toBe(1);
    // What was looked at stayed where it was when the last of them came in front.
    await toBeginning(page);
    await lines(page).getByText("line 0 ", { exact: false }).first().waitFor();
    expect(await page.getByRole("region", { name: "Log" }).getByText("20,000 lines").count()).toBe(1);
    expect(await inDocument(page)).toBeLessThan(150);

    await producer.send(log("news"));
    await page.getByRole("button", { name: "1 new line ↓" }).click();
    await lines(page).getByText("news").waitFor();
    expect(await page.getByRole("button", { name: "Follow" }).getAttribute("aria-pressed")).toBe("true");

    await page.getByLabel("Search the log").fill("LINE 1234 ");
    await page.getByRole("status").filter({ hasText: /^1$/ }).waitFor();
    await page.keyboard.press("Enter");
    await lines(page).locator(".line.current mark").filter({ hasText: "line 1234 " }).waitFor();
    await page.getByRole("button", { name: "Only these" }).click();
    await expect.poll(() => inDocument(page)).toBe(1);
    await page.getByLabel("Search the log").fill("(");
    await page.getByRole("button", { name: ".*" }).click();
    await page.getByRole("status").filter({ hasText: "Invalid regular expression" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("EV1 bars are one line that lives, colours are colours, levels can be told apart, and all of it can be taken home", async () => {
    const producer = await startRun("lively");
    const tick = (state: string) => log(`step: ${state}`, { progress: true, bar: "b1" });
    await producer.send(
      log("before"),
      tick("1/8"),
      log("\u001b[1;32mgreen\u001b[0m and plain"),
      log("hot", { level: "warning", source: "stderr" }),
    );
    const { page, complaints } = await openPage(browser, { colorScheme: "dark" });
    await page.goto(await link("lively"));
    await lines(page).getByText("step: 1/8").waitFor();
    await producer.send(tick("8/8"));
    await lines(page).getByText("step: 8/8").waitFor();
    expect(await lines(page).getByText("step: 1/8").count()).toBe(0);
    expect(await lines(page).locator(".ansi-2.bold").textContent()).toBe("green");

    await page.getByLabel("Level").selectOption("warning");
    await expect.poll(() => inDocument(page)).toBe(1);
    await page.getByLabel("Level").selectOption("debug");
    await page.getByLabel("Source").selectOption("stderr");
    await expect.poll(() => inDocument(page)).toBe(1);
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
    expect(file.suggestedFilename()).toBe("lively.log");
    expect(readFileSync(await file.path(), "utf8")).toMatch(/^\d{4}-\S+Z WARNING {2}hot\n$/);
    expect(complaints).toEqual([]);
  });

  test("AC2 on a phone lines wrap within the screen, rows stand where they are reckoned, and what they hold is text", async () => {
    const producer = await startRun("narrow");
    const evil = "<img src=x onerror=\"document.title='owned'\">\u001b]8;;javascript:alert(1)\u0007click\u001b]8;;\u0007";
    await producer.send(log(evil), ...range(0, 200).map((index) => log(`${index}: ${"word ".repeat(index % 40)}`)), log("the end"));
    for (const viewport of [PHONE, DESKTOP]) {
      const { page, complaints } = await openPage(browser, { viewport });
      await page.goto(await link("narrow"));
      await lines(page).getByText("the end").waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(viewport.width);
      const apart = await page.evaluate(`(() => {
        const rows = [...document.querySelectorAll(".line")].map((line) => line.getBoundingClientRect());
        return rows.slice(1).filter((row, index) => Math.abs(row.top - rows[index].bottom) > 0.5 || row.height % 18 > 0.5).length;
      })()`);
      expect(apart).toBe(0);
      const [drawn, reckoned] = (await page.evaluate(`[
        document.querySelector(".log-window").getBoundingClientRect().bottom,
        document.querySelector(".log-space").getBoundingClientRect().bottom,
      ]`)) as [number, number];
      expect(Math.abs(drawn - reckoned)).toBeLessThan(1);
      await toBeginning(page);
      await lines(page).getByText("<img src=x").waitFor();
      expect(await page.locator("img[src=x], .lines a").count()).toBe(0);
      expect(complaints).toEqual([]);
    }
  });
});
