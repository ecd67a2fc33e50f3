import { expect, test } from "vitest";
import { tallyOfJunit } from "../../scripts/test/python-suite.ts";
import { lastLine, sum } from "../../scripts/test/tally.ts";
import { tallyOf } from "../../scripts/test/vitest-suite.ts";

const report = (passed: number, failed: number, pending: number) =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: 0 });

test("the last line is the sum of all suites, and tells of what was left out only when something was", () => {
  expect(
    lastLine(
      sum([
        { passed: 2, failed: 0, skipped: 0 },
        { passed: 3, failed: 1, skipped: 0 },
      ]),
    ),
  ).toBe("5 passed, 1 failed");
  expect(lastLine({ passed: 5, failed: 0, skipped: 2 })).toBe("5 passed, 0 failed, 2 skipped");
});

test.each([
  ["all is well", 0, report(5, 0, 1), { passed: 5, failed: 0, skipped: 1 }],
  ["tests failed", 1, report(5, 2, 0), { passed: 5, failed: 2, skipped: 0 }],
  ["a file does not load", 1, report(5, 0, 0), { passed: 5, failed: 1, skipped: 0 }],
  ["it crashed without a report", 1, undefined, { passed: 0, failed: 1, skipped: 0 }],
  ["it had no file to run", 0, undefined, { passed: 0, failed: 0, skipped: 0 }],
])("a vitest suite is counted: %s", (_, code, text, tally) => {
  expect(tallyOf(code, text)).toEqual(tally);
});

test.each([
  [
    "tests failed",
    1,
    '<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10">',
    { passed: 4, failed: 3, skipped: 3 },
  ],
  ["it crashed without a report", 2, "", { passed: 0, failed: 1, skipped: 0 }],
])("a pytest suite is counted: %s", (_, code, xml, tally) => {
  expect(tallyOfJunit(code, xml)).toEqual(tally);
});
