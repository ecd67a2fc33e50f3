import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { runProgram } from "../program.ts";
import { ROOT } from "../root.ts";
import type { Tally } from "./tally.ts";

/** What we read of vitest's JSON report. */
const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
});

/**
 * Runs one project of vitest.config.ts.
 *
 * @param filters parts of file names; none is every file
 * @param folder where the report may lie
 */
export async function runVitest(project: string, filters: string[], folder: string): Promise<Tally> {
  const reportPath = join(folder, `${project}.json`);
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`];
  const { code } = await runProgram(
    process.execPath,
    [vitest, "run", "--project", project, "--passWithNoTests", ...reporters, ...filters],
    { show: true },
  );
  return tallyOf(code, readReport(reportPath));
}

/**
 * @param code exit code of vitest
 * @param text its JSON report, undefined when it has written none
 */
export function tallyOf(code: number, text: string | undefined): Tally {
  const read = report.safeParse(text === undefined ? undefined : JSON.parse(text));
  if (!read.success) return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = read.data;
  // A file that does not load, or an error outside of any test, fails the suite without a failed test.
  const failed = numFailedTests === 0 && code !== 0 ? 1 : numFailedTests;
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
}

function readReport(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
