import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";
import { type Output, runProgram } from "../program.ts";
import { ROOT } from "../root.ts";
import { NOTHING, type Tally } from "./tally.ts";

/** What we read of vitest's JSON report. */
const report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

type Report = z.infer<typeof report>;

/**
 * Runs one project of vitest.config.ts.
 *
 * @param filters parts of file names; none is every file
 * @param folder where the report may lie
 * @param output what is done with what it writes
 */
export async function runVitest(project: string, filters: string[], folder: string, output: Output): Promise<Tally> {
  const reportPath = join(folder, `${project}.json`);
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`];
  const { code } = await runProgram(
    process.execPath,
    [vitest, "run", "--project", project, "--passWithNoTests", ...reporters, ...filters],
    { output },
  );
  return tallyOf(code, readReport(reportPath));
}

/**
 * @param code exit code of vitest
 * @param text its JSON report, undefined when it has written none
 */
export function tallyOf(code: number, text: string | undefined): Tally {
  const read = report.safeParse(text === undefined ? undefined : JSON.parse(text));
  if (!read.success) return { ...NOTHING, failed: code === 0 ? 0 : 1 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = read.data;
  // A file that does not load, or an error outside of any test, fails the suite without a failed test.
  const failed = numFailedTests === 0 && code !== 0 ? 1 : numFailedTests;
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests, failures: testResults.flatMap(failuresOf) };
}

function failuresOf({ name, status, assertionResults }: Report["testResults"][number]): string[] {
  const file = relative(ROOT, name);
  const failed = assertionResults.filter((test) => test.status === "failed").map((test) => `${file}: ${test.fullName}`);
  return failed.length === 0 && status === "failed" ? [`${file}: does not run`] : failed;
}

function readReport(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
