/** What a suite came to. `failures`: a line for each test that failed, as far as the report names it. */
export type Tally = { passed: number; failed: number; skipped: number; failures: readonly string[] };

export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };

export function sum(tallies: Tally[]): Tally {
  return tallies.reduce(
    (total, tally) => ({
      passed: total.passed + tally.passed,
      failed: total.failed + tally.failed,
      skipped: total.skipped + tally.skipped,
      failures: [...total.failures, ...tally.failures],
    }),
    NOTHING,
  );
}

/** The last line of a test run, which other programs read: `N passed, M failed`, and `, K skipped` when there are. */
export function lastLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}
