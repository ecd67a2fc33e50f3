import type { Browser } from "playwright-core";
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

async function startRun(run: string, life = "first", runInfo: Record<string, unknown> = {}): Promise<Producer> {
  const options = { url: relay.url, run, token: await relay.token("agent", run), life, runInfo: { type: "run_info", ...runInfo } };
  const producer = await Producer.connect(options);
  onTestFinished(() => producer.close());
  return producer;
}

const link = async (run: string, role: "viewer" | "operator" = "viewer", lifetime_s = 3600) =>
  `${relay.url}/runs/${run}#token=${await relay.token(role, run, { lifetime_s })}`;
const gpu = (index: number, more: Record<string, unknown> = {}) => ({
  ...{ index, uuid: `GPU-${index}`, name: "H100", utilization_percent: 97, memory_used_gb: 70, memory_total_gb: 80, temperature_c: 61 },
  ...more,
});
const stats = (seconds: number, more: Record<string, unknown>): AnyEvent => ({
  ...{ type: "system_stats", timestamp: new Date(Date.now() - 60_000 + seconds * 1000).toISOString(), cpu_percent: 20 + seconds },
  ...more,
});

describe.skipIf(chromiumPath === undefined)("the machine, the connection and the run, in a real browser against a real relay", () => {
  test("EV1 eight GPUs are a line each, which opens; what is not reported is said to be absent, and throttling has words", async () => {
    const producer = await startRun("eight");
    const evil = "<img src=x onerror=\"document.title='owned'\">";
    const gpus = Array.from({ length: 8 }, (_, index) => gpu(index));
    const odd = gpu(3, { name: evil, memory_used_gb: 79.5, throttle_reasons: ["thermal (hardware)"], power_w: null });
    await producer.send(...Array.from({ length: 20 }, (_, index) => stats(index * 2, { gpus: gpus.with(3, odd) })));
    const { page, complaints } = await openPage(browser, { viewport: PHONE, colorScheme: "dark" });
    await page.goto(await link("eight"));
    const hardware = page.getByRole("region", { name: "Hardware" });
    await hardware.getByText("97 % · 70.0 GB · 61 °C").first().waitFor();
    expect(await hardware.locator("summary").count()).toBe(8);
    await hardware.locator("summary").filter({ hasText: evil }).click();
    const opened = hardware.locator("details[open]");
    await opened.getByText("Throttled: thermal (hardware)").waitFor();
    await opened.getByText("79.5 / 80.0 GB, nearly full").waitFor();
    await opened.locator(".meter").filter({ hasText: "Power" }).getByText("not reported").waitFor();
    // The history was there before the page: it was read once.
    expect(await hardware.locator(".sparkline path").first().getAttribute("d")).toMatch(/^M.+L/);
    expect(await page.locator("img[src=x]").count()).toBe(0);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    expect(complaints).toEqual([]);
  });

  test("HL1 the connection is told in figures: this page's, the agent's and the relay's; after a loss only what was missed came", async () => {
    const producer = await startRun("linked");
    await producer.send({ type: "training_status", status: "running" }, stats(0, {}));
    const { page } = await openPage(browser);
    const asked: string[] = [];
    await page.goto(await link("linked"));
    await page.getByText("You live").waitFor();
    await page.getByRole("button", { name: "You live: connection" }).click();
    const dialog = page.getByRole("dialog", { name: "Connection" });
    await dialog.getByText(/^live, for /).waitFor();
    await dialog.getByText("1 viewer, 1 agent").waitFor();
    await dialog.getByText(/MB, events 1 to 3/).waitFor();
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await relay.kill9();
    await dialog.getByText(/^(recovering|offline), for /).waitFor();
    await relay.restart();
    const again = await startRun("linked", "second");
    await again.send({ type: "log", level: "info", message: "missed" }, { type: "log", level: "info", message: "as well" });
    await dialog.getByText(/^live, for /).waitFor({ timeout: 30_000 });
    await page.getByLabel("Console lines").getByText("as well").waitFor();
    const other = asked.filter((path) => path.startsWith("/api/") && path !== "/api/ws/status" && path !== "/api/runs/linked");
    expect(other).toEqual([]);
  });

  test("CM1 every command stands with who asked, what became of it and why; the configuration is searched, and raw data taken home", async () => {
    const producer = await startRun("told", "first", { config: { learning_rate: 0.0001, "lora rank": 32 } });
    await producer.send({ type: "training_status", status: "running" });
    const token = await relay.token("operator", "told");
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    for (const [id, state, error] of [
      ["c1", "applied", null],
      ["c2", "rejected", "nothing to save yet"],
    ] as const) {
      await fetch(`${relay.url}/api/runs/told/commands`, { method: "POST", headers, body: JSON.stringify({ id, command: "backup" }) });
      await producer.command();
      producer.update({ id, state, ...(error === null ? { global_step: 7 } : { error }) } as never);
    }
    const { page, complaints } = await openPage(browser);
    await page.goto(await link("told", "viewer", 300));
    const audit = page.getByRole("region", { name: "Commands" });
    await audit.getByText("applied at step 7").waitFor();
    await audit.getByText("nothing to save yet").waitFor();
    const sockets: string[] = [];
    await page.getByText("Your link ends in", { exact: false }).waitFor();
    page.on("websocket", (socket) => sockets.push(socket.url()));
    // Another link of the same role, opened in this tab: the connection goes on with it.
    await page.goto(await link("told", "viewer", 7200));
    await expect.poll(() => page.getByText("Your link ends in", { exact: false }).count()).toBe(0);
    expect(sockets).toEqual([]);
    const info = page.getByRole("region", { name: "Run information" });
    await info.getByText("Configuration, 2 entries").click();
    await info.getByLabel("Search the configuration").fill("rank");
    await expect.poll(() => info.locator(".config > div").count()).toBe(1);
    const [file] = await Promise.all([page.waitForEvent("download"), info.getByRole("button", { name: "Curves as CSV" }).click()]);
    expect(file.suggestedFilename()).toBe("told-metrics.csv");
    expect(complaints).toEqual([]);
  });
});
