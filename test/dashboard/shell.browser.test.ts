import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildDashboard, DASHBOARD_OUT, isDashboardFresh } from "../../scripts/make/dashboard.ts";
import { chromiumPath, startChromium } from "../support/chromium.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { folderForTest } from "../support/temporary.ts";
import { openPage } from "./open-page.ts";
import { Producer } from "./producer.ts";
import { servedVersions } from "./served-versions.ts";

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

const step = (global_step: number) => ({
  type: "training_progress",
  global_step,
  step: global_step,
  epoch: 0,
  max_step: 100,
  max_epoch: 1,
});
/** A picture that the relay takes: by its first bytes. */
const picture = async () =>
  new Uint8Array(
    await sharp({ create: { width: 8, height: 8, channels: 3, background: "#3070c0" } })
      .png()
      .toBuffer(),
  );
const active = (page: Page) => page.evaluate("navigator.serviceWorker.ready.then(() => undefined)");
/** Every address that any cache of the page has, and what came with it. */
const kept = (page: Page) =>
  page.evaluate<{ url: string; type: string }[]>(`(async () => {
    const found = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const answer = await cache.match(request);
        found.push({ url: request.url, type: answer.headers.get("content-type") });
      }
    }
    return found;
  })()`);

async function startRun(run: string): Promise<Producer> {
  const token = await relay.token("agent", run);
  const producer = await Producer.connect({ url: relay.url, run, token, runInfo: { type: "run_info", name: run } });
  onTestFinished(() => producer.close());
  await producer.send({ type: "training_status", status: "running", phase: "training" }, step(10));
  return producer;
}

/** A page that says that it is hidden when `turn(page, true)` is called. */
async function hideable(context: BrowserContext): Promise<void> {
  await context.addInitScript("Object.defineProperty(document, 'hidden', { get: () => window.isAway === true })");
}
const turn = (page: Page, away: boolean) => page.evaluate(`window.isAway = ${away}; document.dispatchEvent(new Event("visibilitychange"))`);
const told = (page: Page) =>
  page.evaluate<{ title: string; body: string; icon: string; tag: string }[]>(`navigator.serviceWorker.ready
    .then((registration) => registration.getNotifications())
    .then((all) => all.map(({ title, body, icon, tag }) => ({ title, body, icon, tag })))`);

describe.skipIf(chromiumPath === undefined)("the page's shell: installed, kept, told of from the background", () => {
  test("HTTP1 the page can be installed: manifest, icons and service worker are as Chromium wants them", async () => {
    const context = await chromium.launchPersistentContext(folderForTest(), { executablePath: chromiumPath ?? "", args: ["--no-sandbox"] });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(relay.url);
    await active(page);
    const devtools = await context.newCDPSession(page);
    const { errors, url } = await devtools.send("Page.getAppManifest");
    expect({ errors, url }).toEqual({ errors: [], url: `${relay.url}/manifest.webmanifest` });
    expect(await devtools.send("Page.getInstallabilityErrors")).toEqual({ installabilityErrors: [] });
    for (const [path, type] of [
      ["manifest.webmanifest", "application/manifest+json"],
      ["icons/maskable-512.png", "image/png"],
      ["icons/apple-touch-icon.png", "image/png"],
      ["sw.js", "text/javascript"],
    ]) {
      const answer = await fetch(`${relay.url}/${path}`);
      expect(answer.headers.get("content-type")).toContain(type);
      if (path === "sw.js") expect(answer.headers.get("cache-control")).toBe("no-cache");
    }
  });

  test("AC2 the service worker keeps the page's own files and nothing else: no data, no picture, no token", async () => {
    const run = "kept";
    const producer = await startRun(run);
    const shown = await producer.upload(await picture(), "image/png");
    await producer.send({
      type: "sample_generated",
      sample_id: "s",
      path: shown,
      thumbnail_path: shown,
      media_type: "image/png",
      step: 1,
    });
    const { page, context, complaints } = await openPage(browser, { serviceWorkers: "allow" });
    const token = await relay.token("owner", "*");
    await page.goto(`${relay.url}/runs/${run}#token=${token}`);
    await page.getByText("live").first().waitFor();
    await active(page);
    const asked: string[] = [];
    context.on("request", (request) => asked.push(request.url()));
    // By now the service worker answers: with a token in the query as well.
    await page.goto(`${relay.url}/runs/${run}?token=${token}`);
    await page.getByText("live").first().waitFor();
    await page.getByRole("link", { name: "All runs" }).click();
    await page.getByText("agent online").waitFor();
    const files = readdirSync(join(DASHBOARD_OUT, "assets")).map((name) => `${relay.url}/assets/${name}`);
    const urls = (await kept(page)).map(({ url }) => url);
    expect(urls.sort()).toEqual([`${relay.url}/`, `${relay.url}/favicon.svg`, ...files].sort());
    expect(asked.some((url) => url.includes("/api/runs"))).toBe(true);
    expect(complaints).toEqual([]);

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Link or token").waitFor();
    await expect.poll(() => kept(page)).toEqual([]);
    expect(await page.evaluate("[localStorage.length, sessionStorage.length]")).toEqual([0, 0]);
    await expect.poll(() => context.cookies()).toEqual([]);
    // The next start has its files again.
    await page.reload();
    await expect.poll(async () => (await kept(page)).length).toBe(urls.length);
  });

  test("HL1 without a connection to the relay the page starts and says so, for the list and for a run; with one it goes on", async () => {
    await startRun("offline");
    const { page, complaints } = await openPage(browser, { serviceWorkers: "allow" });
    await page.goto(`${relay.url}/runs/offline#token=${await relay.token("owner", "*")}`);
    await page.getByText("live").first().waitFor();
    await active(page);
    await relay.kill9();
    onTestFinished(() => relay.restart());
    await page.goto(`${relay.url}/`);
    await page.getByText("The relay cannot be reached.").waitFor();
    await page.goto(`${relay.url}/runs/offline`);
    await page.getByText("No connection to the relay", { exact: false }).waitFor();
    await relay.restart();
    await page.getByText("You live").waitFor({ timeout: 30_000 });
    expect(complaints).toEqual([]);
  });

  test("VW3 a newer version is taken at the next navigation, with a quiet word, and the open page keeps its files", async () => {
    const served = await servedVersions(DASHBOARD_OUT, folderForTest());
    onTestFinished(served.close);
    const { page, complaints } = await openPage(browser, { serviceWorkers: "allow" });
    await page.goto(served.url);
    await active(page);
    await page.reload();
    served.release("second");
    await page.evaluate("navigator.serviceWorker.ready.then((registration) => registration.update())");
    await page.getByText("A new version of this page is ready.").waitFor();
    const [script = ""] = readdirSync(join(DASHBOARD_OUT, "assets")).filter((name) => name.endsWith(".js"));
    expect(await page.evaluate(`fetch("/assets/${script}").then((answer) => answer.headers.get("content-type"))`)).toContain("javascript");
    await page.getByRole("button", { name: "Reload" }).click();
    await expect
      .poll(() =>
        page
          .locator("meta[name=generation]")
          .getAttribute("content")
          .catch(() => null),
      )
      .toBe("second");
    expect(await page.getByText("A new version of this page is ready.").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("HL3 in the background one is told of samples, failures, NaN and the end, each once; on a page that is seen, of nothing", async () => {
    const run = "news";
    const producer = await startRun(run);
    const { page, context, complaints } = await openPage(browser, { serviceWorkers: "allow" });
    await context.grantPermissions(["notifications"]);
    await hideable(context);
    await page.goto(`${relay.url}/runs/${run}#token=${await relay.token("viewer", run)}`);
    await page.getByText("live").first().waitFor();
    await active(page);
    const path = await producer.upload(await picture(), "image/png");
    const sample = (id: string) => ({
      type: "sample_generated",
      sample_id: id,
      path,
      thumbnail_path: path,
      media_type: "image/png",
      step: 7,
    });
    const seen = async (global_step: number) => {
      await producer.send(step(global_step));
      await page.getByLabel("Progress", { exact: true }).getByText(String(global_step), { exact: true }).first().waitFor();
    };
    // Not wanted yet.
    await turn(page, true);
    await producer.send(sample("a"));
    await seen(11);
    expect(await told(page)).toEqual([]);
    await turn(page, false);
    await page.getByRole("button", { name: "Notifications" }).click();
    await page.getByText("While this page is open in the background", { exact: false }).waitFor();
    // Wanted, and the page is seen.
    await producer.send(sample("b"));
    await seen(12);
    expect(await told(page)).toEqual([]);

    await turn(page, true);
    await producer.send({ ...sample("c"), prompt: "<b>a boat</b>" });
    await expect
      .poll(() => told(page))
      .toEqual([{ title: "Sample at step 7", body: `${run}\n<b>a boat</b>`, icon: `${relay.url}${path}`, tag: `${run} sample` }]);
    const loss = (at: number) => ({ type: "metrics", steps: [at], series: { "loss/train_step": ["NaN"] } });
    await producer.send(loss(13), loss(14), { type: "training_status", status: "error", error: "out of memory" });
    const titles = async () => (await told(page)).map(({ title }) => title).sort();
    await expect.poll(titles).toEqual(["Sample at step 7", "The loss is not a number", "Training failed"]);
    expect((await told(page)).find(({ title }) => title.startsWith("The loss"))?.body).toBe(`${run}\nAt step 13.`);
    expect(complaints).toEqual([]);

    // The choice is of this run, and stays.
    await page.reload();
    expect(await page.getByRole("button", { name: "Notifications" }).getAttribute("aria-pressed")).toBe("true");
  });

  test("VW3 the tab's title and icon tell how far it is and in what state, also while no frame is drawn", async () => {
    const producer = await startRun("tab");
    const { page, complaints } = await openPage(browser);
    await page.goto(`${relay.url}/runs/tab#token=${await relay.token("owner", "*")}`);
    const icon = () => page.locator("link[rel=icon]").getAttribute("href");
    await expect.poll(() => page.title()).toBe("10.0 % · tab · runcast");
    await expect.poll(icon).toMatch(/^blob:/);
    const size = (url: string | null) =>
      page.evaluate(
        `new Promise((resolve) => { const image = new Image(); image.onload = () => resolve(image.naturalWidth); image.src = "${url}"; })`,
      );
    expect(await size(await icon())).toBe(64);
    await page.evaluate("window.requestAnimationFrame = () => 0");
    const before = await icon();
    await producer.send(step(55));
    await expect.poll(() => page.title()).toBe("55.0 % · tab · runcast");
    await expect.poll(icon).not.toBe(before);
    await producer.send({ type: "training_status", status: "error", error: "no" });
    await expect.poll(() => page.title()).toBe("✕ Error · tab · runcast");
    await page.getByRole("link", { name: "All runs" }).click();
    await expect.poll(icon).toBe("/favicon.svg");
    expect(complaints).toEqual([]);
  });
});
