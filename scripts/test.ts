/** `npm test [-- SUITE… [FILE…]]`: the checks, then every suite; ends with the sum of them all, alone on a line. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCheck } from "./check/check.ts";
import { buildDashboard, isDashboardFresh } from "./make/dashboard.ts";
import { findPython, type Python } from "./python.ts";
import { ROOT } from "./root.ts";
import { findChromium } from "./test/chromium.ts";
import { makeVenv, runPytest } from "./test/python-suite.ts";
import { lastLine, sum, type Tally } from "./test/tally.ts";
import { runVitest } from "./test/vitest-suite.ts";

const VITEST = ["unit", "worker", "scripts", "browser", "conformance", "e2e", "faults"] as const;
const SUITES = ["check", ...VITEST, "python"] as const;
type Suite = (typeof SUITES)[number];

const FAILED: Tally = { passed: 0, failed: 1, skipped: 0 };
const PASSED: Tally = { passed: 1, failed: 0, skipped: 0 };
const SKIPPED: Tally = { passed: 0, failed: 0, skipped: 1 };

/** Where nothing may be left out for want of a program. */
const complete = process.env.CI === "true";

const words = process.argv.slice(2);
const named = SUITES.filter((suite) => words.includes(suite));
const filters = words.filter((word) => !named.includes(word as Suite));
const wanted = new Set<Suite>(named.length > 0 ? named : filters.length > 0 ? [...VITEST, "python"] : SUITES);

const folder = mkdtempSync(join(tmpdir(), "runcast-tests-"));
const python = findPython(process.env);
const tallies: Tally[] = [];

await suite("check", runCheckSuite);
await buildPage();
await suite("unit", () => runVitest("unit", filters, folder));
await suite("worker", () => runVitest("worker", filters, folder));
const venv = wanted.has("e2e") || wanted.has("python") ? await venvProblem(python) : undefined;
await suite("python", () => (venv === undefined ? runPytest(filters, folder) : without(venv)));
await suite("scripts", () => runVitest("scripts", filters, folder));
await suite("conformance", () => runVitest("conformance", filters, folder));
await suite("e2e", () => runVitest("e2e", filters, folder));
await suite("faults", () => runVitest("faults", filters, folder));
await suite("browser", () =>
  findChromium(process.env) === undefined
    ? without("no Chromium: install the package `chromium`, or set CHROMIUM to its path")
    : runVitest("browser", filters, folder));

rmSync(folder, { recursive: true, force: true });
const total = sum(tallies);
process.exitCode = total.failed === 0 ? 0 : 1;
process.stdout.write(`\n${lastLine(total)}\n`);

async function suite(name: Suite, run: () => Promise<Tally>): Promise<void> {
  if (!wanted.has(name)) return;
  process.stdout.write(`\n── ${name}\n`);
  const began = performance.now();
  // A suite that cannot run has failed; the others, and the last line, are not its business.
  const tally = await run().catch((error: unknown) => {
    process.stdout.write(`FAILED ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return FAILED;
  });
  tallies.push(tally);
  process.stdout.write(`── ${name}: ${lastLine(tally)}, in ${Math.round((performance.now() - began) / 1000)} s\n`);
}

async function runCheckSuite(): Promise<Tally> {
  return { ...(await runCheck()), skipped: 0 };
}

/** The relay serves the built page, and wants the folder even where no test looks at the page. */
async function buildPage(): Promise<void> {
  mkdirSync(join(ROOT, "dist", "dashboard"), { recursive: true });
  if (isDashboardFresh()) return;
  try {
    await buildDashboard({ quiet: true });
    tallies.push(PASSED);
  } catch (error) {
    process.stdout.write(`FAILED the dashboard does not build: ${error instanceof Error ? error.message : String(error)}\n`);
    tallies.push(FAILED);
  }
}

async function venvProblem(found: Python | undefined): Promise<string | undefined> {
  return found === undefined ? "no Python 3.10 or newer on the PATH" : makeVenv(found);
}

async function without(reason: string): Promise<Tally> {
  process.stdout.write(`${complete ? "FAILED" : "skipped"}: ${reason}\n`);
  return complete ? FAILED : SKIPPED;
}
