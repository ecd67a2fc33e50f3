import { describe, test } from "vitest";
import type { Case } from "./case.ts";
import { CASE_MS, missing, play } from "./play.ts";
import type { Target } from "./target.ts";

/** A case that has run out of time says so itself; vitest only has to wait for that. */
const TEST_MS = CASE_MS + 20_000;

/**
 * Makes a test of each case that fits into a short run; the slow ones are left to `npm run conformance -- --slow`.
 * @param target known by the time the first test runs
 */
export function register(where: string, cases: readonly Case[], target: () => Target): void {
  const short = cases.filter(({ slow }) => !slow);
  const declare = (one: Case, as: typeof test | typeof test.concurrent) =>
    as(
      one.title,
      async ({ skip }) => {
        const why = missing(one, target(), { slow: false });
        if (why !== null) skip(why);
        const outcome = await play(one, target());
        if (outcome.kind === "failed") throw outcome.error;
      },
      TEST_MS,
    );
  // What disturbs others comes after them, a case at a time.
  describe(where, () => {
    for (const one of short.filter(({ alone }) => !alone)) declare(one, test.concurrent);
    for (const one of short.filter(({ alone }) => alone)) declare(one, test);
  });
}
