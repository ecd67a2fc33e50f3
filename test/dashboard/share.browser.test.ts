import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createApi } from "../../client/index.ts";
import type { AnyEvent, TokenRecord } from "../../protocol/index.ts";
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

/** A run that a producer has begun. @returns its id */
async function startRun(name: string): Promise<string> {
  runs += 1;
  const run = `shared-${runs}`;
  const token = await relay.token("agent", run);
  const producer = await Producer.connect({ url: relay.url, run, token, runInfo: { type: "run_info", name } });
  onTestFinished(() => producer.close());
  await producer.send(RUNNING);
  return run;
}

async function link(run: string, role: "viewer" | "operator" | "owner", sub?: string): Promise<string> {
  return `${relay.url}/runs/${run}#token=${await relay.token(role, run, sub === undefined ? {} : { sub })}`;
}

async function sharesOf(run: string): Promise<TokenRecord[]> {
  const answer = await createApi({ url: relay.url, token: await relay.token("owner", run) }).shares(run);
  return answer.ok ? answer.value : [];
}

async function watching(run: string): Promise<number | null> {
  const answer = await createApi({ url: relay.url, token: await relay.token("viewer", run) }).run(run);
  return answer.ok ? answer.value.viewers : null;
}

async function openDialog(page: Page) {
  await page.getByRole("button", { name: "Share …" }).click();
  return page.getByRole("dialog", { name: "Share this run" });
}

/** Collects how often a page asks who watches. */
const questions = (page: Page, run: string): string[] => {
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "GET" && request.url() === `${relay.url}/api/runs/${run}`) asked.push(request.url());
  });
  return asked;
};

describe.skipIf(chromiumPath === undefined)("sharing a run from its page, and who watches it", () => {
  test("AC5 AC4 an owner's link lets somebody look, until it is revoked and they are put out in words", async () => {
    const run = await startRun("a shared run");
    const owner = await openPage(browser);
    await owner.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await owner.page.goto(await link(run, "owner"));
    const dialog = await openDialog(owner.page);
    await dialog.getByText("None yet").waitFor();
    await dialog.getByLabel("Good for").selectOption("1 day");
    await dialog.getByLabel("Name that others see").fill("Ada");
    const before = await dialog.boundingBox();
    await dialog.getByRole("button", { name: "Make a link" }).click();
    const row = dialog.getByRole("listitem").filter({ hasText: "Ada" });
    await row.getByText(/^viewer, until .+, made by owner in a test$/).waitFor();
    expect(await dialog.boundingBox()).toEqual(before);
    const url = await dialog.getByLabel("Link", { exact: true }).inputValue();
    await dialog.getByRole("button", { name: "Copy" }).click();
    await dialog.getByText("Copied.").waitFor();
    expect(await owner.page.evaluate("navigator.clipboard.readText()")).toBe(url);

    const guest = await openPage(browser);
    await guest.page.goto(url);
    await guest.page.getByRole("heading", { name: "a shared run" }).waitFor();
    await guest.page.getByText("Running").first().waitFor();
    expect(await guest.page.getByRole("button", { name: "Share …" }).count()).toBe(0);
    const [share] = await sharesOf(run);
    expect(Date.parse(share?.expires_at ?? "") - Date.parse(share?.created_at ?? "")).toBe(24 * 3600 * 1000);

    await row.getByRole("button", { name: "Revoke the link of Ada" }).click();
    await guest.page.getByText("The link that signed you in was revoked. Ask for a new one.").waitFor();
    await dialog.getByText("None yet").waitFor();
    expect(await dialog.getByLabel("Link", { exact: true }).inputValue()).toBe("");
    expect([...owner.complaints, ...guest.complaints]).toEqual([]);
  });

  test("AC5 an owner may have others steer; an operator is offered looking alone, and sees what it cannot revoke", async () => {
    const run = await startRun("two roles");
    const owner = await openPage(browser);
    await owner.page.goto(await link(run, "owner"));
    const theirs = await openDialog(owner.page);
    await theirs.getByLabel("Role").selectOption("operator");
    await theirs.getByRole("button", { name: "Make a link" }).click();
    await theirs.getByText(/^operator, until/).waitFor();

    const operator = await openPage(browser);
    await operator.page.goto(await theirs.getByLabel("Link", { exact: true }).inputValue());
    const dialog = await openDialog(operator.page);
    expect(await dialog.getByLabel("Role").locator("option").allTextContents()).toEqual(["Viewer: looks"]);
    await dialog.getByText(/^operator, until/).waitFor();
    expect(await dialog.getByRole("button", { name: /^Revoke/ }).count()).toBe(0);
    await dialog.getByRole("button", { name: "Make a link" }).click();
    await dialog.getByText(/^viewer, until/).waitFor();
    expect(await dialog.getByRole("button", { name: /^Revoke/ }).count()).toBe(1);
  });

  test("AC5 what fails while sharing is said in words, and a browser without a clipboard has the link selected", async () => {
    const run = await startRun("not so easy");
    const { page, context } = await openPage(browser);
    await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    await page.goto(await link(run, "owner"));
    const dialog = await openDialog(page);
    await dialog.getByText("None yet").waitFor();
    await context.route("**/share", (route) => route.abort());
    await dialog.getByRole("button", { name: "Make a link" }).click();
    await dialog.getByRole("alert").getByText("No link was made: the relay cannot be reached.").waitFor();
    await context.unroute("**/share");
    await dialog.getByRole("button", { name: "Make a link" }).click();
    await dialog.getByRole("button", { name: /^Revoke/ }).waitFor();
    expect(await dialog.getByRole("alert").textContent()).toBe("");
    await dialog.getByRole("button", { name: "Copy" }).click();
    await dialog.getByText("It is selected: copy it from there.").waitFor();
    expect(await page.evaluate("getSelection().toString()")).toBe(await dialog.getByLabel("Link", { exact: true }).inputValue());
    // With the run its links have gone.
    const headers = { authorization: `Bearer ${await relay.token("owner", run)}` };
    await fetch(`${relay.url}/api/runs/${run}`, { method: "DELETE", headers });
    await dialog.getByRole("button", { name: /^Revoke/ }).click();
    await dialog
      .getByRole("alert")
      .getByText(/^The link was not revoked: .+\.$/)
      .waitFor();
  });

  test("HL3 the header counts who watches, and has their names", async () => {
    const run = await startRun("watched");
    const first = await openPage(browser);
    await first.page.goto(await link(run, "viewer", "Ada"));
    await first.page.getByText("1 watching").waitFor();
    const second = await openPage(browser);
    await second.page.goto(await link(run, "viewer", "Grace"));
    const shown = second.page.getByText("2 watching");
    await shown.waitFor();
    expect(await shown.getAttribute("title")).toBe("Ada, Grace");
    await shown.click();
    await second.page.locator(".names").getByText("Ada").waitFor();
    await second.page.locator(".names").getByText("Grace").waitFor();
    await second.page.keyboard.press("Escape");
    await expect.poll(() => second.page.locator(".names").isVisible()).toBe(false);
  });

  /** In steps with a moment of the world's own time between them: what the page's socket asks is answered in that. */
  async function aMinute(page: Page): Promise<void> {
    for (let step = 0; step < 3; step++) {
      await page.clock.fastForward(21_000);
      await page.evaluate(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  test("HL3 who watches is asked each minute while the page is seen, not while it is hidden, and nothing is told without a connection", async () => {
    const run = await startRun("asked");
    const { page } = await openPage(browser);
    await page.clock.install();
    await page.addInitScript("Object.defineProperty(document, 'hidden', { get: () => window.isAway === true })");
    const turn = (away: boolean) => page.evaluate(`window.isAway = ${away}; document.dispatchEvent(new Event("visibilitychange"))`);
    const asked = questions(page, run);
    await page.goto(await link(run, "viewer", "Ada"));
    await page.getByText("1 watching").waitFor();
    expect(asked.length).toBe(1);
    const other = await openPage(browser);
    await other.page.goto(await link(run, "viewer", "Grace"));
    await other.page.getByText("2 watching").waitFor();
    await aMinute(page);
    await page.getByText("2 watching").waitFor();
    await turn(true);
    const beforeHidden = asked.length;
    await aMinute(page);
    await other.context.close();
    await expect.poll(() => watching(run)).toBe(1);
    expect(asked.length).toBe(beforeHidden);
    await turn(false);
    await page.getByText("1 watching").waitFor();
    await relay.kill9();
    onTestFinished(() => relay.restart());
    // The connection asks by itself why it does not come about, so that questions cannot be counted here.
    await page.getByText("– watching").waitFor();
    await aMinute(page);
    await page.getByText("– watching").waitFor();
  });

  test("VW3 on a phone the dialog and the list of names fit the screen, and a larger number moves nothing", async () => {
    const run = await startRun("a-run-with-a-name-that-is-rather-long-and-has-no-space-in-it-at-all");
    const { page, context } = await openPage(browser, { viewport: PHONE });
    await page.goto(await link(run, "owner", "a".repeat(200)));
    await page.getByText("1 watching").waitFor();
    const button = page.getByRole("button", { name: "Share …" });
    const word = page.locator(".presence summary");
    const before = [await button.boundingBox(), await word.boundingBox()];
    await context.route(`**/api/runs/${run}`, async (route) => {
      const response = await route.fetch();
      const detail = (await response.json()) as { snapshot: { viewers: object } };
      detail.snapshot.viewers = { count: 5000, names: ["b".repeat(200)] };
      await route.fulfill({ response, json: detail });
    });
    await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
    await page.getByText("5,000 watching").waitFor();
    expect([await button.boundingBox(), await word.boundingBox()]).toEqual(before);
    await word.click();
    await page.getByText("5,000 connections, 1 name").waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    const dialog = await openDialog(page);
    await dialog.getByRole("button", { name: "Make a link" }).click();
    await dialog.getByRole("button", { name: /^Revoke/ }).waitFor();
    expect(await dialog.evaluate((element) => (element as { scrollWidth: number }).scrollWidth)).toBeLessThan(PHONE.width);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
  });
});
