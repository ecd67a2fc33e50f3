import { readFileSync } from "node:fs";

/** One example of a rule, the same for every language. */
export type Case<Input, Expect> = { name: string; input: Input; expect: Expect };

/** @param name of a file in `cases/`, without its ending */
export function readCases<Input, Expect>(name: string): Case<Input, Expect>[] {
  const text = readFileSync(new URL(`cases/${name}.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as { cases: Case<Input, Expect>[] }).cases;
}
