import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../../scripts/test/chromium.ts";

/** Where Chromium is, undefined when this machine has none: `describe.skipIf(!chromiumPath)`. Continuous integration has to have it. */
export const chromiumPath = findChromium(process.env);

/** Starts a headless Chromium; close it in `afterAll`. */
export async function startChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error("no Chromium: install the package `chromium`, or set CHROMIUM to its path");
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
