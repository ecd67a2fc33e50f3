import { AssertionError } from "node:assert";
import { ZodError } from "zod";
import type { Case } from "../../test/conformance/support/case.ts";
import type { Outcome } from "../../test/conformance/support/play.ts";

export type Result = { one: Case; outcome: Outcome };

/** Cases of no rule: PROTOCOL says them of HTTP. */
const NO_RULE = "HTTP";

/** @returns a line for people; what is wrong with a case stands below it */
export function lineOf({ one, outcome }: Result): string {
  switch (outcome.kind) {
    case "ok":
      return `ok      ${one.title} (${outcome.ms} ms)`;
    case "skipped":
      return `skipped ${one.title}: ${outcome.why}`;
    case "failed":
      return `FAILED  ${one.title} (${outcome.ms} ms)\n${indented(explain(outcome.error))}`;
  }
}

/** @returns the same for programs */
export function recordOf({ one, outcome }: Result): Record<string, unknown> {
  const { rules, title } = one;
  switch (outcome.kind) {
    case "ok":
      return { rules, title, result: "ok", ms: outcome.ms };
    case "skipped":
      return { rules, title, result: "skipped", why: outcome.why };
    case "failed": {
      const compared = outcome.error instanceof AssertionError ? { expected: outcome.error.expected, got: outcome.error.actual } : {};
      return { rules, title, result: "failed", ms: outcome.ms, error: explain(outcome.error), ...compared };
    }
  }
}

export type Count = { rule: string; ok: number; failed: number; skipped: number };

/** A case of several rules counts for each of them. */
export function countByRule(results: readonly Result[]): Count[] {
  const counts = new Map<string, Count>();
  for (const { one, outcome } of results) {
    for (const rule of one.rules.length > 0 ? one.rules : [NO_RULE]) {
      const count = counts.get(rule) ?? { rule, ok: 0, failed: 0, skipped: 0 };
      count[outcome.kind] += 1;
      counts.set(rule, count);
    }
  }
  return [...counts.values()].sort((a, b) => a.rule.localeCompare(b.rule, "en", { numeric: true }));
}

export function tableOf(counts: readonly Count[]): string {
  const row = (...cells: (string | number)[]) => cells.map((cell, column) => String(cell).padStart(column === 0 ? 0 : 8)).join("");
  const name = (rule: string) => rule.padEnd(6);
  return [
    row(name("rule"), "ok", "failed", "skipped"),
    ...counts.map(({ rule, ok, failed, skipped }) => row(name(rule), ok, failed || "", skipped || "")),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** What was expected and what came, in words; the stack of what is no expectation. */
function explain(error: unknown): string {
  if (error instanceof AssertionError) return `${error.message}\n${placeOf(error)}`;
  if (error instanceof ZodError) return `a message does not have its shape: ${error.message}\n${placeOf(error)}`;
  return error instanceof Error ? `${error.message}\n${placeOf(error)}` : String(error);
}

/** Where in the suite it was. */
function placeOf({ stack = "" }: Error): string {
  const at = stack.split("\n").find((line) => line.includes("/test/conformance/suite/"));
  return at === undefined
    ? ""
    : at
        .trim()
        .replace(/\(?(?:file:\/\/)?\/.*(test\/conformance\/suite\/)/, "$1")
        .replace(/\)$/, "");
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `        ${line}`.trimEnd())
    .join("\n");
}
