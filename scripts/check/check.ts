/** `npm run check`: format, lint and folder rules, types, rule IDs, lock file, generated code. */
import { join } from "node:path";
import { readLock } from "../lock/lock-file.ts";
import { runProgram } from "../program.ts";
import { ROOT } from "../root.ts";
import { listFiles } from "./files.ts";
import { checkLock } from "./lock.ts";
import { checkPlaces } from "./places.ts";
import { checkProto } from "./proto.ts";
import { checkRules } from "./rules.ts";
import { checkSleep } from "./sleep.ts";
import { checkTypes, uncovered } from "./types.ts";

/** @returns how many parts passed and failed; what is wrong has been printed */
export async function runCheck(): Promise<{ passed: number; failed: number }> {
  const files = await listFiles();
  const results = await Promise.all([
    part("format, lint and folder rules", lint),
    types(files),
    part("rule IDs", async () => checkRules(files)),
    part("lock file", async () => checkLock(readLock())),
    part("Protocol Buffers schema and its code", checkProto),
    part("rooms can sleep", async () => checkSleep(files)),
    part("nothing of one machine", async () => checkPlaces(files)),
  ]);
  const flat = results.flat();
  return { passed: flat.filter((passed) => passed).length, failed: flat.filter((passed) => !passed).length };
}

/** The compiler uses every core itself: one project after the other. */
async function types(files: string[]): Promise<boolean[]> {
  const results: boolean[] = [];
  const covered: string[] = [];
  for (const config of files.filter((path) => /(?:^|\/)tsconfig\.json$/.test(path))) {
    const passed = await part(`types: ${config}`, async () => {
      const typed = await checkTypes(config);
      covered.push(...typed.covered);
      return typed.problems;
    });
    results.push(passed);
  }
  results.push(await part("types: every file", async () => uncovered(files, covered)));
  return results;
}

async function lint(): Promise<string[]> {
  const biome = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
  const { code, output } = await runProgram(process.execPath, [biome, "check", "--error-on-warnings", "--colors=off"]);
  return code === 0 ? [] : [output.trimEnd()];
}

async function part(name: string, run: () => Promise<string[]>): Promise<boolean> {
  const began = performance.now();
  const problems = await run().catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
  const time = `${((performance.now() - began) / 1000).toFixed(1)} s`;
  process.stdout.write(
    `${problems.length === 0 ? "ok    " : "FAILED"} ${name} (${time})\n${problems.map((problem) => `${problem}\n`).join("")}`,
  );
  return problems.length === 0;
}

if (import.meta.main) {
  const { failed } = await runCheck();
  process.exitCode = failed === 0 ? 0 : 1;
}
