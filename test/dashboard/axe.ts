import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { DESKTOP, PHONE } from "./open-page.ts";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const RESTYLE = `(() => {
  const { style } = document.documentElement;
  style.display = "none";
  void document.documentElement.offsetHeight;
  style.display = "";
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
})()`;

type Finding = { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] };

/**
 * What axe-core has against the page as it stands, at desktop and phone, light and dark: what it calls serious or critical, and headings
 * and landmarks.
 *
 * @returns one line a finding
 */
export async function findings(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      // Chromium leaves what stands in links and open dialogs in the old colours until something else changes their style.
      await page.evaluate(RESTYLE);
      for (const finding of await run(page)) found.push(...finding.nodes.map((node) => `${size} ${colorScheme} ${line(finding, node)}`));
    }
  }
  await page.setViewportSize(DESKTOP);
  return found;
}

/** By the debugger's own way, which the page's content security policy does not hold for. */
async function run(page: Page): Promise<Finding[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(SOURCE);
  const { violations } = await page.evaluate<{ violations: Finding[] }>("axe.run(document, { resultTypes: ['violations'] })");
  return violations.filter(({ id, impact }) => impact === "serious" || impact === "critical" || /heading|landmark|region/.test(id));
}

function line({ id, impact }: Finding, { html, failureSummary }: Finding["nodes"][number]): string {
  return `${impact} ${id}: ${html.slice(0, 160)} ${failureSummary?.split("\n").slice(1, 3).join(" ") ?? ""}`;
}
