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
import { lastLine, NOTHING, sum, type Tally } from "./test/tally.ts";
import { runVitest } from "./test/vitest-suite.ts";

const VITEST = ["unit", "worker", "scripts", "browser", "conformance", "e2e", "faults"] as const;
const SUITES = ["check", ...VITEST, "python"] as const;
type Suite = (typeof SUITES)[number];
const WAITING: readonly (typeof VITEST)[number][] = ["e2e", "faults"];

const FAILED: Tally = { ...NOTHING, failed: 1 };
const PASSED: Tally = { ...NOTHING, passed: 1 };
const SKIPPED: Tally = { ...NOTHING, skipped: 1 };

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
const venv = wanted.has("e2e") || wanted.has("python") ? await venvProblem(python) : undefined;
// Half of the time these wait for each other's processes: in two lanes they are done in two thirds of it, also on two cores.
await Promise.all([working(), waiting()]);
// Alone: a browser keeps both cores busy, and what it shows is waited for.
await suite("browser", () =>
  findChromium(process.env) === undefined
    ? without("no Chromium: install the package `chromium`, or set CHROMIUM to its path")
    : runVitest("browser", filters, folder, "show"));

rmSync(folder, { recursive: true, force: true });
const total = sum(tallies);
process.exitCode = total.failed === 0 ? 0 : 1;
if (total.failures.length > 0) process.stdout.write(`\n── failed\n${total.failures.map((test) => `${test}\n`).join("")}`);
process.stdout.write(`\n${lastLine(total)}\n`);

/** The suites that keep a core busy: what they write is seen as it comes. */
async function working(): Promise<void> {
  for (const name of ["unit", "worker"] as const) await suite(name, () => runVitest(name, filters, folder, "show"));
  await suite("python", () => (venv === undefined ? runPytest(filters, folder, "show") : without(venv)));
  for (const name of ["scripts", "conformance"] as const) await suite(name, () => runVitest(name, filters, folder, "show"));
}

/** The suites that mostly wait for processes, beside the others: what they write comes in one piece, unless they are all that is run. */
async function waiting(): Promise<void> {
  const output = [...wanted].every((name) => WAITING.some((each) => each === name)) ? "show" : "afterwards";
  for (const name of WAITING) {
    await suite(name, () => runVitest(name, filters, folder, output));
  }
}

async function suite(name: Suite, run: () => Promise<Tally>): Promise<void> {
  if (!wanted.has(name)) return;
  process.stdout.write(`\n── ${name} …\n`);
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
  return { ...NOTHING, ...(await runCheck()) };
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
