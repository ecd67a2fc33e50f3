/**
 * `npm run screenshots`: makes docs/images from real runs. Two demo trainings run on a relay of their own, one after the other, and the pages are
 * taken while the second one trains. Takes about five minutes, and Chromium.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { startRelay } from "../test/support/relay.ts";
import { buildDashboard, isDashboardFresh } from "./make/dashboard.ts";
import { findPython } from "./python.ts";
import { ROOT } from "./root.ts";
import { runDemo } from "./start/demo.ts";
import { findChromium } from "./test/chromium.ts";

const IMAGES = join(ROOT, "docs", "images");
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
/** How long the first training goes on before it is stopped, and the second before it is looked at, in milliseconds. */
const FIRST_MS = 60_000;
const SECOND_MS = 75_000;

type Shot = { file: string; path: string; options: BrowserContextOptions; whole: boolean };

const python = findPython(process.env);
const executablePath = findChromium(process.env);
if (!python || !executablePath) throw new Error("Python 3.10 or newer and Chromium are needed");
if (!isDashboardFresh()) await buildDashboard({ quiet: true });
mkdirSync(IMAGES, { recursive: true });
const spool = mkdtempSync(join(tmpdir(), "runcast-screenshots-"));
const relay = await startRelay();
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const first = new AbortController();
  const one = runDemo(python, "first", await target("first"), first.signal);
  await delay(FIRST_MS);
  first.abort();
  await one;
  const second = new AbortController();
  const two = runDemo(python, "second", await target("second"), second.signal);
  await delay(SECOND_MS);
  for (const shot of shots()) await take(shot);
  second.abort();
  await two;
} finally {
  await browser.close();
  await relay.stop();
  rmSync(spool, { recursive: true, force: true });
}

function shots(): Shot[] {
  const dark = { ...DESKTOP, colorScheme: "dark" } as const;
  return [
    { file: "run-page.png", path: "/runs/second", options: DESKTOP, whole: true },
    { file: "run-page-dark.png", path: "/runs/second", options: dark, whole: false },
    { file: "run-page-phone.png", path: "/runs/second", options: PHONE, whole: false },
    { file: "runs.png", path: "/", options: DESKTOP, whole: false },
    { file: "compare.png", path: "/compare?run=first&run=second", options: DESKTOP, whole: false },
  ];
}

async function target(run: string): Promise<{ url: string; token: string; spool: string }> {
  return { url: relay.url, token: await relay.token("agent", run), spool };
}

async function take({ file, path, options, whole }: Shot): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const token = await relay.token("owner", "*");
  await page.goto(`${relay.url}${path}#token=${token}`);
  await page.getByRole("heading").first().waitFor();
  await delay(3000);
  if (whole) await drawAll(page);
  const picture = await page.screenshot({ fullPage: whole });
  await sharp(picture).png({ palette: true, quality: 90, effort: 10 }).toFile(join(IMAGES, file));
  process.stdout.write(`${join("docs", "images", file)}\n`);
  await context.close();
}

/** Charts are drawn when they come near the screen. */
async function drawAll(page: Page): Promise<void> {
  const height = await page.evaluate<number>("document.documentElement.scrollHeight");
  for (let top = 0; top < height; top += 400) {
    await page.evaluate(`scrollTo(0, ${top})`);
    await delay(150);
  }
  await page.evaluate("scrollTo(0, 0)");
  await delay(500);
}
