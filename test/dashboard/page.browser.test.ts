import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { AnyEvent } from "../../protocol/index.ts";
import { buildDashboard, isDashboardFresh } from "../../scripts/make/dashboard.ts";
import { runcast, trainer } from "../e2e/support/runcast.ts";
import { chromiumPath, startChromium } from "../support/chromium.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { folderForTest } from "../support/temporary.ts";
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

/** A run of its own, with a producer that is connected to it. */
async function startRun(name = "a run") {
  runs += 1;
  const run = `page-${runs}`;
  const producer = await Producer.connect({
    url: relay.url,
    run,
    token: await relay.token("agent", run),
    runInfo: { type: "run_info", name },
  });
  onTestFinished(() => producer.close());
  return { run, producer };
}

async function link(run: string, role: "viewer" | "operator" = "viewer"): Promise<string> {
  return `${relay.url}/runs/${run}#token=${await relay.token(role, run)}`;
}

const RUNNING: AnyEvent = { type: "training_status", status: "running", phase: "training" };
const step = (global_step: number, fields: Record<string, unknown> = {}): AnyEvent => ({
  type: "training_progress",
  ...{ global_step, step: global_step % 100, epoch: Math.floor(global_step / 100), max_step: 100, max_epoch: 4, loss: 0.5, ...fields },
});
const loss = (steps: number[], values: (number | string)[]): AnyEvent => ({
  type: "metrics",
  steps,
  series: { "loss/train_step": values },
});
const naturalWidth = (image: unknown) => (image as { naturalWidth: number }).naturalWidth;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe.skipIf(chromiumPath === undefined)("the page, in a real browser against a real relay", () => {
  test("AC2 a link signs in, leaves no token in the address, and a reload keeps one signed in until one signs out", async () => {
    const { page, context, complaints } = await openPage(browser);
    await page.goto(`${relay.url}/#token=${await relay.token("owner", "*")}`);
    await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
    expect(page.url()).toBe(`${relay.url}/`);
    await page.waitForResponse((response) => response.url().endsWith("/api/runs"));
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax" });
    await page.reload();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Link or token").fill("nonsense");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("That is neither a link nor a token").waitFor();
    expect(await context.cookies()).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("AC2 the page comes with a policy that lets nothing in from elsewhere, at every address of its own", async () => {
    for (const path of ["/", "/runs/any", "/compare?run=a&run=b"]) {
      const { headers } = await fetch(relay.url + path);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("permissions-policy")).toBe("camera=(), microphone=(), geolocation=(), payment=(), usb=()");
      expect(headers.get("strict-transport-security")).toBeNull();
    }
  });

  test("AC1 an expired link, one for another run and a run that is not there are told apart, in words", async () => {
    const { run } = await startRun();
    const expired = await openPage(browser);
    await expired.page.goto(`${relay.url}/runs/${run}#token=${await relay.token("viewer", run, { lifetime_s: -3600 })}`);
    await expired.page.getByText("has expired. Ask for a new one.").waitFor();
    const other = await openPage(browser);
    await other.page.goto(`${relay.url}/runs/${run}#token=${await relay.token("viewer", "another")}`);
    await other.page.getByRole("heading", { name: "Not for this link" }).waitFor();
    const early = await openPage(browser);
    await early.page.goto(await link("not-there-yet"));
    await early.page.getByRole("heading", { name: "This run has not started yet" }).waitFor();
  });

  test("VW3 EV2 a viewer who joins late has the present state, the whole curve, and a NaN where it happened", async () => {
    const { run, producer } = await startRun("late join");
    for (const block of range(12)) {
      const steps = range(100).map((index) => block * 100 + index);
      await producer.send(...steps.map((at) => loss([at], [at === 1150 ? "NaN" : 1 / (at + 1)])));
    }
    await producer.send(RUNNING, step(399, { smooth_loss: 0.25, eta_seconds: 600, eta_low_seconds: 550, eta_high_seconds: 720 }));
    const { page, complaints } = await openPage(browser);
    await page.goto(await link(run));
    await page.getByRole("heading", { name: "late join" }).waitFor();
    await page.getByLabel("Progress", { exact: true }).getByText("0.2500").waitFor();
    await page.getByText("9–12 min").waitFor();
    expect(await page.getByRole("progressbar", { name: "Run progress" }).getAttribute("aria-valuetext")).toBe("99.7 %");
    // The replay has the newest 500 events: the beginning of the curve comes over HTTP.
    const cursor = page.getByRole("slider", { name: "Loss: cursor" });
    await cursor.focus();
    await expect
      .poll(async () => {
        await page.keyboard.press("Home");
        return cursor.getAttribute("aria-valuetext");
      })
      .toMatch(/^step [0-3], /);
    expect(complaints).toEqual([]);
  });

  test("AC2 every text from outside is text, wherever it stands", async () => {
    const evil = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
    const { run, producer } = await startRun(evil);
    const sha256 = "0".repeat(64);
    await producer.send(
      { type: "training_status", status: "error", phase: evil.slice(0, 60), error: evil },
      { type: "log", level: "error", message: evil, source: "stderr" },
      {
        type: "sample_generated",
        sample_id: "s1",
        path: `/api/runs/${run}/blobs/${sha256}`,
        media_type: "image/png",
        prompt: evil,
        step: 1,
      },
      { type: "run_info", name: evil, trainer: evil, host: { [evil]: evil }, config: { [evil]: evil } },
      { type: "metrics", steps: [1], series: { [`${evil.slice(0, 90)}/x`]: [1] } },
      { type: "system_stats", gpus: [{ name: evil, throttle_reasons: ["<b>hot</b>"] }], disks: [{ mount: evil, used_gb: 1, total_gb: 2 }] },
    );
    const { page, complaints } = await openPage(browser);
    await page.goto(await link(run));
    await page.getByLabel("Console lines").getByText(evil).waitFor();
    await page.getByLabel("Hardware").getByText("Throttled: <b>hot</b>").waitFor();
    expect(await page.locator("img[src=x]").count()).toBe(0);
    expect(await page.title()).toContain(evil);
    expect(complaints).toEqual([]);
  });

  test("AC3 pictures show by the session cookie, and where a browser keeps none, by the token", async () => {
    const { run, producer } = await startRun();
    const folder = "test/recordings/samples/0 - a red circle";
    const picture = new Uint8Array(readFileSync(`${folder}/2026-11-23_04-41-22-training-sample-0-0-0.jpg`));
    const path = await producer.upload(picture, "image/jpeg");
    const sample = (id: string, at: number): AnyEvent => ({
      ...{ type: "sample_generated", sample_id: id, path, thumbnail_path: path, media_type: "image/jpeg" },
      ...{ width: 64, height: 64, step: at, prompt: "a red circle" },
    });
    await producer.send(RUNNING, sample("s0", 0));
    const cookieless = await openPage(browser);
    await cookieless.context.route("**/api/session", (route) => route.abort());
    const { page } = await openPage(browser);
    for (const [each, source] of [
      [cookieless.page, /^blob:/],
      [page, /^\/api\//],
    ] as const) {
      await each.goto(await link(run));
      const shown = each.getByRole("button", { name: "a red circle, step 0: show large" }).locator("img");
      await expect.poll(() => shown.getAttribute("src")).toMatch(source);
      await expect.poll(() => shown.evaluate(naturalWidth)).toBe(64);
    }

    await producer.send(sample("s8", 8));
    await page.getByRole("button", { name: "a red circle, step 8: show large" }).click();
    const dialog = page.getByRole("dialog", { name: "Sample" });
    await dialog.getByText("Step 8").waitFor();
    await page.keyboard.press("ArrowLeft");
    await dialog.getByText("Step 0").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  test("HL1 while the relay is away the page says so and dims its figures; back again it has what it missed", async () => {
    const { run, producer } = await startRun("kill the relay");
    await producer.send(RUNNING, step(10));
    const { page } = await openPage(browser);
    await page.goto(await link(run, "operator"));
    await page.getByText("live").first().waitFor();
    expect(await page.locator(".headline.stale").count()).toBe(0);
    await relay.kill9();
    await page.getByText("recovering").waitFor();
    await page.getByText("Agent unknown").waitFor();
    await page.locator(".headline.stale").waitFor();
    expect(await page.getByRole("button", { name: "Stop …" }).isDisabled()).toBe(true);
    await relay.restart();
    await expect.poll(() => page.getByText("recovering").count(), { timeout: 30_000 }).toBe(0);
    const again = await Producer.connect({ url: relay.url, run, token: await relay.token("agent", run), life: "second" });
    onTestFinished(() => again.close());
    await again.send(RUNNING, step(11));
    await page.getByLabel("Progress", { exact: true }).getByText("11", { exact: true }).first().waitFor();
    await expect.poll(() => page.locator(".headline.stale").count()).toBe(0);
  });

  test("CM1 an operator is asked before a stop, and sees what becomes of a command; a viewer has no buttons", async () => {
    const { run, producer } = await startRun();
    await producer.send(RUNNING, step(10));
    const operator = await openPage(browser);
    await operator.page.goto(await link(run, "operator"));
    await operator.page.getByRole("button", { name: "Stop …" }).click();
    await operator.page.getByRole("button", { name: "Keep training" }).click();
    await operator.page.getByRole("button", { name: "Sample …" }).click();
    await operator.page.getByLabel("Prompt", { exact: true }).fill("a lighthouse");
    await operator.page.getByText("For a prompt of your own").click();
    await operator.page.getByLabel("Steps").fill("4");
    await operator.page.getByRole("button", { name: "Take it" }).click();
    const command = await producer.command();
    expect(command).toMatchObject({ command: "sample", prompt: "a lighthouse", steps: 4 });
    expect(command).not.toHaveProperty("width");
    producer.update({ id: command.id, state: "applied", global_step: 11 });
    await operator.page.getByText(/^sample \(.+\) done at step 11$/).waitFor();
    await operator.page.getByRole("button", { name: "Pause" }).click();
    expect(await producer.command()).toMatchObject({ command: "pause" });
    await producer.send({ type: "training_status", status: "paused" });
    await operator.page.getByRole("button", { name: "Resume" }).click();
    expect(await producer.command()).toMatchObject({ command: "resume" });
    await operator.page.getByRole("button", { name: "Stop …" }).click();
    await operator.page.getByLabel("Have it save first").check();
    await operator.page.getByRole("button", { name: "Stop", exact: true }).click();
    expect(await producer.command()).toMatchObject({ command: "stop", save: true });
    const viewer = await openPage(browser);
    await viewer.page.goto(await link(run));
    await viewer.page.getByText("live").first().waitFor();
    expect(await viewer.page.getByRole("button", { name: "Stop …" }).count()).toBe(0);
  });

  test("HL1 four truths stand side by side, and a stall is said with its reason", async () => {
    const { run, producer } = await startRun();
    const process = { state: "alive", pid: 4711, exit_code: null, signal: null };
    const health = (progress: object, of = process) => ({ type: "training_health", process: of, progress });
    await producer.send(RUNNING, step(10), health({ state: "advancing", since: new Date().toISOString() }));
    const { page } = await openPage(browser);
    await page.goto(await link(run));
    for (const words of ["You live", "Agent live", "Trainer alive", "Progress advancing"]) {
      await page.getByRole("listitem").filter({ hasText: words }).waitFor();
    }
    const since = new Date(Date.now() - 94_000).toISOString();
    await producer.send(health({ state: "stalled", since, reason: "no step for 94 s; usual 0.8 s, threshold 30 s" }));
    await page.getByText("no step for 94 s; usual 0.8 s, threshold 30 s").waitFor();
    await page.getByRole("listitem").filter({ hasText: "Progress stalled for 1 m" }).waitFor();
    await producer.send(health({ state: "over" }, { ...process, state: "exited", signal: "SIGKILL" } as never));
    await page.getByRole("listitem").filter({ hasText: "Trainer exited SIGKILL" }).waitFor();
    expect(await page.getByText("may hang").count()).toBe(0);
  });

  test("VW3 on a phone nothing is wider than the screen, in light and in dark", async () => {
    const { run, producer } = await startRun("a-run-with-a-name-that-is-rather-long-and-has-no-space-in-it-at-all");
    const log: AnyEvent = { type: "log", level: "info", message: "x".repeat(400), source: "stdout" };
    const gpus = [{ name: "GPU", memory_used_gb: 101.5, memory_total_gb: 139.8, power_w: 402, power_limit_w: 700 }];
    await producer.send(RUNNING, step(123, { eta_seconds: 7300, eta_low_seconds: 7000, eta_high_seconds: 9000 }), log);
    await producer.send({ type: "system_stats", gpus, cpu_percent: 12 }, loss([1, 2, 3], [1, 2, 3]));
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await openPage(browser, { viewport: PHONE, colorScheme });
      await page.goto(await link(run, "operator"));
      await page.getByText("139.8 GB", { exact: false }).or(page.getByText("102 / 140 GB")).waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
      await page.getByRole("link", { name: "All runs" }).click();
      await page.getByRole("link", { name: /^a-run-with-a-name/ }).waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    }
  });

  test("VW3 a page that becomes narrow, as a turned phone does, becomes narrow in whole", async () => {
    const { run, producer } = await startRun();
    await producer.send(RUNNING, step(3), loss([1, 2, 3], [3, 2, 1]));
    const { page } = await openPage(browser);
    await page.goto(await link(run));
    await page.locator(".uplot canvas").first().waitFor();
    await page.setViewportSize(PHONE);
    await expect.poll(() => page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    await expect.poll(async () => (await page.locator(".uplot canvas").first().boundingBox())?.width ?? 0).toBeLessThan(PHONE.width);
  });

  test("EV1 EV2 a recorded OneTrainer run, through the real agent, fills the page that was open before it began", async () => {
    const run = `recorded-${Date.now()}`;
    const { page, complaints } = await openPage(browser);
    await page.goto(await link(run));
    await page.getByRole("heading", { name: "This run has not started yet" }).waitFor();
    const env = { RUNCAST_RELAY: relay.url, RUNCAST_TOKEN: await relay.token("agent", run) };
    const started = runcast(["run", "--run", run, "--name", "tiny", ...trainer("full", "--speed", "0", "--console")], folderForTest(), env);
    expect((await started.exited).code).toBe(0);
    await page.getByText("Completed").waitFor({ timeout: 20_000 });
    const progress = page.getByLabel("Progress", { exact: true });
    await progress.getByText("of 24").waitFor();
    await progress.getByText("100.0 %").waitFor();
    await expect.poll(() => page.getByRole("button", { name: /show large/ }).count()).toBe(3);
    await page.getByRole("region", { name: "Samples" }).getByText("7", { exact: true }).waitFor();
    await page.getByLabel("Loss", { exact: true }).getByText("validation: held out").waitFor();
    await page.getByLabel("Console lines").getByText("Saving RUN/lora.safetensors").waitFor();
    expect(await page.getByRole("region", { name: "Other series" }).getByText("unet_lora").count()).toBe(1);
    expect(complaints).toEqual([]);
  });
});
