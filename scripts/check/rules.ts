/**
 * SPEC.md and the tests hold each other to their word: a rule is one bullet, `- **EV1** (built) …`; its state is `built`,
 * `partly built: what is missing` or `not built yet`, with or without a reason. The ID of a rule that is built, or partly built, begins
 * the title of a test: `test("EV1 the first of a burst …")` in TypeScript, `def test_EV1_the_first_of_a_burst` in Python; and that of a
 * case in `test/conformance/suite`: `conform("EV1 at most ten a second …")`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";

/** The rules that the design counts on; SPEC.md may have more. */
const REQUIRED = Object.entries({ EV: 4, VW: 8, PR: 6, CM: 3, HL: 3, AC: 7 }).flatMap(([area, count]) =>
  Array.from({ length: count }, (_, index) => `${area}${index + 1}`),
);

export type RuleState = "built" | "partly built" | "not built yet";
export type Rules = { states: Map<string, RuleState>; problems: string[] };

const BULLET = /^- \*\*(?<id>[A-Z]{2}\d+)\*\* \((?<state>built|partly built(?=: )|not built yet)(?:: [^)]+)?\) \S/;

/** @param spec text of SPEC.md */
export function readRules(spec: string): Rules {
  const states = new Map<string, RuleState>();
  const problems: string[] = [];
  for (const [index, line] of spec.split("\n").entries()) {
    if (!/^\s*[-*]\s+\*\*[A-Z]{2,}\d/.test(line)) continue;
    const { id, state } = BULLET.exec(line)?.groups ?? {};
    if (id === undefined)
      problems.push(`SPEC.md:${index + 1}: a rule begins "- **ID** (built) …", "(partly built: …)" or "(not built yet)"`);
    else if (states.has(id)) problems.push(`SPEC.md:${index + 1}: ${id} stands there twice`);
    else states.set(id, state as RuleState);
  }
  for (const id of REQUIRED) if (!states.has(id)) problems.push(`SPEC.md: ${id} is missing`);
  return { states, problems };
}

const TYPESCRIPT_TITLE = /\b(?:it|test|conform)(?:\.\w+(?:\([^()]*\))?)*\(\s*["'`](?<title>[^"'`\n]*)/g;
const EACH_TITLE = /\]\)\(\s*["'`](?<title>[^"'`\n]*)/g;
const PYTHON_TITLE = /^\s*(?:async )?def test_(?<title>\w+)/gm;

/** @returns the IDs at the start of the titles of the tests in a file; `EV1, EV2 …` are two */
export function idsInTitles(path: string, text: string): string[] {
  const patterns = path.endsWith(".py") ? [PYTHON_TITLE] : [TYPESCRIPT_TITLE, EACH_TITLE];
  const titles = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match.groups?.title ?? ""));
  const ids = titles.flatMap((title) => /^(?:[A-Z]{2}\d+(?:, | and |_| |$))+/.exec(title)?.[0].match(/[A-Z]{2}\d+/g) ?? []);
  return [...new Set(ids)];
}

/** @returns what is wrong, in words; nothing when SPEC.md and the tests agree */
export function checkRules(files: string[]): string[] {
  const { states, problems } = readRules(readFileSync(join(ROOT, "SPEC.md"), "utf8"));
  const idsIn = (pattern: RegExp) =>
    new Set(files.filter((path) => pattern.test(path)).flatMap((path) => idsInTitles(path, readFileSync(join(ROOT, path), "utf8"))));
  const tested = idsIn(/^test\/.*(?:\.test\.tsx?|\/test_[^/]*\.py)$/);
  const conformed = idsIn(/^test\/conformance\/suite\/[^/]*\.ts$/);
  for (const [id, state] of states) {
    if (state === "not built yet") continue;
    if (!tested.has(id)) problems.push(`${id} is called ${state}, but no test's title begins with it`);
    if (!conformed.has(id)) problems.push(`${id} is called ${state}, but no case of test/conformance/suite begins with it`);
  }
  for (const id of new Set([...tested, ...conformed]))
    if (!states.has(id)) problems.push(`tests or cases name ${id}, which is no rule of SPEC.md`);
  return problems;
}
