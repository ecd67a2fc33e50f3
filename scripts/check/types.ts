import { isAbsolute, join, relative, sep } from "node:path";
import { runProgram } from "../program.ts";
import { ROOT } from "../root.ts";

export type Typed = { problems: string[]; covered: string[] };

/**
 * Checks the types of one project.
 *
 * @param config its tsconfig.json, relative to the checkout
 * @returns the compiler's errors, and which files of ours it has looked at
 */
export async function checkTypes(config: string): Promise<Typed> {
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const { output } = await runProgram(process.execPath, [tsc, "--noEmit", "--listFiles", "--pretty", "false", "-p", config]);
  const lines = output.split("\n").filter((line) => line !== "");
  return {
    problems: lines.filter((line) => !isAbsolute(line)),
    covered: lines.filter((line) => isAbsolute(line)).map((path) => relative(ROOT, path).split(sep).join("/")),
  };
}

/** @returns one line for each TypeScript file that no project looks at */
export function uncovered(files: string[], covered: string[]): string[] {
  const seen = new Set(covered);
  return files.filter((path) => /\.tsx?$/.test(path) && !seen.has(path)).map((path) => `${path} belongs to no tsconfig.json`);
}
