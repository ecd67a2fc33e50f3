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

const EVIL = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
const RUNNING: AnyEvent = { type: "training_status", status: "running", phase: "training" };
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
/** When a run's clock begins, where it matters to no test: 2025-01-01, in milliseconds. */
const EPOCH_MS = Date.UTC(2025, 0, 1);

type Seed = {
  name: string;
  config: Record<string, unknown>;
  trainer?: string;
  loss: string;
  steps: number;
  from: number;
  startsAt?: number;
};

/** A run whose loss falls from `from`, a point a step, with the trainer's own name for it. */
async function seed(
  run: string,
  { name, config, trainer = "OneTrainer", loss, steps, from, startsAt = EPOCH_MS }: Seed,
): Promise<Producer> {
  const runInfo = { type: "run_info", name, trainer, version: "1", host: { name: "rig-2" }, config };
  const producer = await Producer.connect({ url: relay.url, run, token: await relay.token("agent", run), runInfo });
  onTestFinished(() => producer.close());
  await producer.send(RUNNING);
  for (const block of range(steps / 10)) await producer.send(metrics(loss, block * 10, 10, from, startsAt));
  await producer.send(progress(steps));
  return producer;
}

function metrics(name: string, first: number, count: number, from: number, startsAt = EPOCH_MS): AnyEvent {
  const steps = range(count).map((index) => first + index);
  const series = { [name]: steps.map((step) => from - step / 1000), [`lr/${EVIL}`]: steps.map(() => 1e-4) };
  return { type: "metrics", timestamp: new Date(startsAt + (first + count) * 1000).toISOString(), steps, series };
}

function progress(steps: number): AnyEvent {
  return { type: "training_progress", global_step: steps, step: steps % 50, max_step: 50, epoch: Math.floor(steps / 50), max_epoch: 4 };
}

const token = (...runs: string[]) => relay.token("viewer", runs);
const query = (page: Page) => new URL(page.url()).search;
const scrollWidth = (page: Page) => page.evaluate("document.documentElement.scrollWidth");
/** A row of a table by what its first cell says. */
const rowOf = (page: Page, table: string, name: string) =>
  page.getByRole("region", { name: table }).getByRole("row").filter({ hasText: name });
const cellsOf = (page: Page, table: string, name: string) => rowOf(page, table, name).getByRole("cell").allTextContents();

describe.skipIf(chromiumPath === undefined)("runs compared, in a real browser against a real relay", () => {
  test("VW3 runs are chosen, one of them live, and the address says what is shown, so that a link shows the same", async () => {
    await seed("done", { name: "rank 16", config: { rank: 16, lr: 1e-4, same: true }, loss: "loss/train_step", steps: 100, from: 1 }).then(
      (producer) => producer.send({ type: "training_status", status: "completed" }),
    );
    const live = await seed("live", {
      name: EVIL,
      config: { rank: 32, lr: null, same: true, [EVIL]: EVIL },
      trainer: "kohya",
      loss: "train/loss",
      steps: 50,
      from: 0.8,
    });
    await seed("hidden", { name: "not for you", config: {}, loss: "loss", steps: 10, from: 1 });
    const { page, context, complaints } = await openPage(browser);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto(`${relay.url}/compare?run=hidden#token=${await token("done", "live", "gone")}`);
    await page.getByText("not for the link that you are signed in with").waitFor();

    await page.getByRole("button", { name: "Choose runs …" }).click();
    const dialog = page.getByRole("dialog", { name: "Choose runs" });
    await dialog.getByLabel("Search runs").fill("RANK compl");
    expect(await dialog.getByRole("checkbox").count()).toBe(1);
    await dialog.getByRole("checkbox").check();
    await dialog.getByLabel("Search runs").fill("");
    await dialog.getByRole("checkbox", { name: /^<img/ }).check();
    expect(await dialog.getByText("not for you").count()).toBe(0);
    await dialog.getByRole("button", { name: "Compare" }).click();
    await expect.poll(() => query(page)).toBe("?run=hidden&run=done&run=live");
    await page.getByRole("button", { name: "Remove hidden" }).click();
    await expect.poll(() => query(page)).toBe("?run=done&run=live");

    // The live one goes on, and the page with it.
    const status = rowOf(page, "Summary table", "rank 16");
    await status.getByText("Completed").waitFor();
    await expect.poll(async () => (await cellsOf(page, "Summary table", EVIL))[1]).toBe("50");
    await live.send(metrics("train/loss", 50, 30, 0.8), progress(80));
    await expect.poll(async () => (await cellsOf(page, "Summary table", EVIL))[1]).toBe("80");
    await page.getByRole("listitem").filter({ hasText: EVIL }).getByText("live", { exact: true }).waitFor();
    await page.getByLabel("Smoothing").fill("0");
    // The lowest loss of either is its last: 0.901 and 0.721.
    await expect.poll(async () => (await cellsOf(page, "Summary table", EVIL))[3]).toBe("0.7210−0.1800at 79");

    // What differs, and what is the same.
    const configuration = page.getByRole("region", { name: "Configuration", exact: true });
    await configuration.getByText("4 of 7 differ").waitFor();
    expect(await cellsOf(page, "Configuration table", "rank")).toEqual(["16", "32"]);
    expect(await cellsOf(page, "Configuration table", "lr")).toEqual(["0.0001", "null"]);
    expect(await rowOf(page, "Configuration table", "same").count()).toBe(0);
    await configuration.getByRole("button", { name: "Show equal ones too" }).click();
    expect(await cellsOf(page, "Configuration table", "same")).toEqual(["true", "true"]);
    await configuration.getByLabel("Search the configuration").fill("rank");
    await configuration.getByRole("button", { name: "Copy as TSV" }).click();
    await configuration.getByText("Copied").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(`\trank 16\t${EVIL}\nrank\t16\t32`);

    // All of it stands in the address, and is there again for somebody else.
    await page.getByRole("radio", { name: "Epoch" }).check();
    await page.getByRole("button", { name: "Log scale" }).click();
    await page.getByRole("radio", { name: /^Measure the others by <img/ }).check();
    const shown = query(page);
    expect(shown).toBe("?run=done&run=live&by=epoch&base=live&smooth=0&log=1");
    const other = await openPage(browser);
    await other.page.goto(`${relay.url}/compare${shown}#token=${await token("done", "live")}`);
    await expect.poll(async () => (await cellsOf(other.page, "Summary table", "rank 16"))[3]).toBe("0.9010+0.1800at 99");
    expect(await other.page.getByRole("radio", { name: "Epoch" }).isChecked()).toBe(true);
    expect(other.page.url()).toBe(`${relay.url}/compare${shown}`);

    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV", exact: true }).click()]);
    const lines = readFileSync(await file.path(), "utf8").split("\r\n");
    expect(lines[0]).toBe("run,name,series,segment,epoch,value,min,max,smoothed");
    expect(lines.filter((line) => line.startsWith("done,rank 16,loss,"))).toHaveLength(100);
    expect(lines.find((line) => line.startsWith("done,rank 16,loss,0,1,"))).toBe("done,rank 16,loss,0,1,0.95,0.95,0.95,0.95");

    // Every text from outside was text, and "back" leads to the runs that were shown before.
    expect(await page.title()).toBe("2 runs compared · runcast");
    await page.goBack();
    await page.getByText("not for the link that you are signed in with").waitFor();
    expect([...complaints, ...other.complaints]).toEqual([]);
  });

  test("VW3 the pointer tells each run's value and the difference to the baseline; a closer look asks for what is finer there", async () => {
    await seed("coarse", { name: "coarse", config: {}, loss: "loss", steps: 1500, from: 2 });
    await seed("short", { name: "short", config: {}, loss: "train_loss", steps: 500, from: 1.5 });
    const { page, complaints } = await openPage(browser);
    await page.goto(`${relay.url}/compare?run=coarse&run=short&smooth=0#token=${await token("coarse", "short")}`);
    const plot = page.getByLabel("Loss", { exact: true }).locator(".u-over");
    await rowOf(page, "Summary table", "coarse").waitFor();
    await rowOf(page, "Summary table", "short").waitFor();
    const { width = 0 } = (await plot.boundingBox()) ?? {};
    await plot.hover({ position: { x: width / 5, y: 100 } });
    const beside = page.locator(".plot-tooltip");
    await beside.getByText(/^step (29|30)\d$/).waitFor();
    expect(await beside.getByRole("row", { includeHidden: true }).allTextContents()).toEqual([
      expect.stringMatching(/coarse.*1\.(69|70)\d\d$/),
      expect.stringMatching(/short.*1\.(19|20)\d\d−0\.(4|5)\d\d\d$/),
    ]);
    // Beyond the end of the short one there is its last value, and no difference.
    await plot.hover({ position: { x: (width / 5) * 3, y: 100 } });
    await expect.poll(() => beside.getByRole("row", { includeHidden: true }).last().textContent()).toMatch(/short.*1\.0010$/);

    const asked = page.waitForRequest(
      (request) => request.url().includes("/coarse/metrics") && request.url().includes("keys=loss&") && request.url().includes("from="),
    );
    await plot.hover({ position: { x: width / 5, y: 100 } });
    await page.mouse.down();
    await plot.hover({ position: { x: (width / 5) * 2, y: 100 } });
    await page.mouse.up();
    const finer = new URL((await asked).url()).searchParams;
    // From about 300 to 600, and a quarter more on either side.
    expect(Number(finer.get("from"))).toSatisfy((step: number) => step > 205 && step < 235);
    expect(Number(finer.get("to"))).toSatisfy((step: number) => step > 665 && step < 700);
    // Of the whole run an entry is two steps; of this part it is one.
    await page.getByRole("button", { name: "Whole length" }).waitFor();
    await expect
      .poll(async () => {
        const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV", exact: true }).click()]);
        return readFileSync(await file.path(), "utf8")
          .split("\r\n")
          .filter((line) => line.startsWith("coarse,coarse,loss,")).length;
      })
      .toBeGreaterThan(295);
    await page.getByRole("button", { name: "Whole length" }).click();
    await plot.hover({ position: { x: width / 2, y: 100 } });
    await beside.getByText(/^step 7[45]\d$/).waitFor();
    expect(complaints).toEqual([]);
  });

  test("VW3 runs that were trained an hour apart lie on each other by the time since their start, and apart by the clock", async () => {
    const hour = 3600_000;
    await seed("early", { name: "early", config: {}, loss: "loss", steps: 100, from: 1 });
    await seed("late", { name: "late", config: {}, loss: "loss", steps: 50, from: 0.9, startsAt: EPOCH_MS + hour });
    const { page, complaints } = await openPage(browser);
    await page.goto(`${relay.url}/compare?run=early&run=late&by=time&smooth=0#token=${await token("early", "late")}`);
    await rowOf(page, "Summary table", "early").waitFor();
    await rowOf(page, "Summary table", "late").waitFor();
    const headers = { authorization: `Bearer ${await token("early")}` };
    const told = (await (await fetch(`${relay.url}/api/runs/early/metrics`, { headers })).json()) as { segments?: unknown[] };
    if (told.segments === undefined) {
      // A relay of before tells no times: the page says so, and lays them side by side by step.
      await page.getByText("Aligned by step: no run here tells its times.").waitFor();
      expect(await page.getByRole("radio", { name: "Clock" }).count()).toBe(0);
      return;
    }
    const places = async (run: string) => {
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV", exact: true }).click()]);
      const lines = readFileSync(await file.path(), "utf8").split("\r\n");
      return lines.filter((line) => line.startsWith(`${run},${run},loss,`)).map((line) => Number(line.split(",")[4]));
    };
    // Ten points are told together, ten seconds after the ones before.
    const tens = (blocks: number) => range(blocks * 10).map((index) => Math.floor(index / 10) * 10_000);
    expect(await places("early")).toEqual(tens(10));
    expect(await places("late")).toEqual(tens(5));
    expect((await cellsOf(page, "Summary table", "early"))[5]).toBe("1 min 30 s");
    await page.getByRole("radio", { name: "Clock" }).check();
    await expect.poll(async () => (await places("late"))[0]).toBe(EPOCH_MS + hour + 10_000);
    expect((await places("early"))[0]).toBe(EPOCH_MS + 10_000);
    expect(query(page)).toBe("?run=early&run=late&by=clock&smooth=0");
    expect(complaints).toEqual([]);
  });

  test("VW3 on a phone nothing is wider than the screen, in light and dark, and a run that is deleted meanwhile says so while the others stay", async () => {
    const long = "a-run-with-a-name-that-is-rather-long-and-has-no-space-in-it-at-all";
    await seed("first", { name: "first", config: { prompt: "p".repeat(300), rank: 1 }, loss: "loss", steps: 20, from: 1 });
    await seed("second", { name: long, config: { rank: 2 }, loss: "loss", steps: 20, from: 1 });
    const link = `${relay.url}/compare?run=first&run=second&run=gone#token=${await token("first", "second", "gone")}`;
    for (const colorScheme of ["light", "dark"] as const) {
      const { page, complaints } = await openPage(browser, { viewport: PHONE, colorScheme });
      await page.goto(link);
      await page.getByText("there is no such run").waitFor();
      await expect.poll(async () => (await cellsOf(page, "Summary table", long))[1]).toBe("20");
      await page.getByLabel("Loss", { exact: true }).locator(".u-over").waitFor();
      expect(await scrollWidth(page)).toBe(PHONE.width);
      await page.getByRole("button", { name: "Choose runs …" }).click();
      await page.getByRole("dialog").getByText("3 chosen").waitFor();
      expect(await scrollWidth(page)).toBe(PHONE.width);
      await page.keyboard.press("Escape");
      expect(complaints).toEqual([]);
      if (colorScheme === "light") continue;
      const headers = { authorization: `Bearer ${await relay.token("owner", "second")}` };
      await fetch(`${relay.url}/api/runs/second`, { method: "DELETE", headers });
      await page.getByText("this run was deleted").waitFor();
      await expect.poll(() => rowOf(page, "Summary table", long).count()).toBe(0);
      expect((await cellsOf(page, "Summary table", "first"))[1]).toBe("20");
    }
  });

  test("HL1 while the relay is away each run that goes on says since when; back again it has what it missed, and a new life behind the old", async () => {
    await seed("kept", { name: "kept", config: {}, loss: "loss", steps: 20, from: 1 }).then((producer) =>
      producer.send({ type: "training_status", status: "completed" }),
    );
    await seed("goes-on", { name: "goes on", config: {}, loss: "loss", steps: 20, from: 1 });
    const { page, complaints } = await openPage(browser);
    await page.goto(`${relay.url}/compare?run=kept&run=goes-on&smooth=0#token=${await token("kept", "goes-on")}`);
    const chip = page.getByRole("listitem").filter({ hasText: "goes on" });
    await chip.getByText("live", { exact: true }).waitFor();
    await relay.kill9();
    await chip.getByText(/^no connection for \d/).waitFor();
    expect(await page.getByText(/no connection/).count()).toBe(1);
    expect((await cellsOf(page, "Summary table", "goes on"))[1]).toBe("20");
    await relay.restart();
    const again = await Producer.connect({ url: relay.url, run: "goes-on", token: await relay.token("agent", "goes-on"), life: "second" });
    onTestFinished(() => again.close());
    // It was resumed from step 10, and goes another way.
    await again.send(RUNNING, metrics("loss", 10, 20, 0.5), progress(30));
    await expect.poll(async () => (await cellsOf(page, "Summary table", "goes on"))[1], { timeout: 20_000 }).toBe("30");
    await chip.getByText("live", { exact: true }).waitFor();
    await expect.poll(async () => (await cellsOf(page, "Summary table", "goes on"))[3]).toBe("0.4710−0.5100at 29");
    const csv = async () => {
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV", exact: true }).click()]);
      return readFileSync(await file.path(), "utf8")
        .split("\r\n")
        .filter((line) => line.startsWith("goes-on,goes on,loss,"));
    };
    // By step there is one curve: what was gone over again is replaced.
    expect((await csv()).map((line) => Number(line.split(",")[4]))).toEqual(range(30));
    expect((await csv())[10]).toMatch(/^goes-on,goes on,loss,\d,10,0\.49,0\.49,0\.49,0\.49$/);
    expect(complaints).toEqual([]);
  });
});
