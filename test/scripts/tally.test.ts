import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/root.ts";
import { tallyOfJunit } from "../../scripts/test/python-suite.ts";
import { lastLine, sum } from "../../scripts/test/tally.ts";
import { tallyOf } from "../../scripts/test/vitest-suite.ts";

const report = (passed: number, failed: number, pending: number, testResults: unknown[] = []) =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: 0, testResults });
const file = (status: string, ...failed: string[]) => ({
  name: join(ROOT, "test/a.test.ts"),
  status,
  assertionResults: [{ status: "passed", fullName: "fine" }, ...failed.map((fullName) => ({ status: "failed", fullName }))],
});
const tally = (passed: number, failed: number, skipped = 0, failures: string[] = []) => ({ passed, failed, skipped, failures });

test("the last line is the sum of all suites, and tells of what was left out only when something was", () => {
  expect(lastLine(sum([tally(2, 0), tally(3, 1)]))).toBe("5 passed, 1 failed");
  expect(lastLine(tally(5, 0, 2))).toBe("5 passed, 0 failed, 2 skipped");
});

test.each([
  ["all is well", 0, report(5, 0, 1, [file("passed")]), tally(5, 0, 1)],
  [
    "tests failed",
    1,
    report(5, 2, 0, [file("failed", "x > a", "x > b")]),
    tally(5, 2, 0, ["test/a.test.ts: x > a", "test/a.test.ts: x > b"]),
  ],
  ["a file does not load", 1, report(5, 0, 0, [file("failed")]), tally(5, 1, 0, ["test/a.test.ts: does not run"])],
  ["it crashed without a report", 1, undefined, tally(0, 1)],
  ["it had no file to run", 0, undefined, tally(0, 0)],
])("a vitest suite is counted: %s", (_, code, text, expected) => {
  expect(tallyOf(code, text)).toEqual(expected);
});

test.each([
  [
    "tests failed",
    1,
    '<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10"><testcase classname="test_hook" name="a"/><testcase classname="test_hook" name="b"><failure message="x">…',
    tally(4, 3, 3, ["test_hook: b"]),
  ],
  ["it crashed without a report", 2, "", tally(0, 1)],
])("a pytest suite is counted: %s", (_, code, xml, expected) => {
  expect(tallyOfJunit(code, xml)).toEqual(expected);
});
