import type { Browser, BrowserContext, Page } from "playwright-core";
import { onTestFinished } from "vitest";

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** A page with a browser profile of its own; `complaints` are its script errors and what its content security policy refused. */
export type OpenPage = { page: Page; context: BrowserContext; complaints: string[] };

/** Opens a page that ends with the test. Without a service worker, unless it is asked for: routes and requests are then the page's own. */
export async function openPage(
  browser: Browser,
  options: { viewport?: typeof DESKTOP; colorScheme?: "light" | "dark"; serviceWorkers?: "allow" | "block" } = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: DESKTOP, serviceWorkers: "block", ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/content security policy|uncaught/i.test(message.text())) complaints.push(message.text());
  });
  return { page, context, complaints };
}
