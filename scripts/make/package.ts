import { rmSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../program.ts";
import { ROOT } from "../root.ts";

/** Compiles protocol, client and agent to dist/. @returns what the compiler has against it, undefined when all is well */
export async function buildPackage(): Promise<string | undefined> {
  for (const folder of ["protocol", "client", "agent"]) rmSync(join(ROOT, "dist", folder), { recursive: true, force: true });
  const compiled = await runProgram(process.execPath, [
    join(ROOT, "node_modules", "typescript", "bin", "tsc"),
    "-p",
    "tsconfig.build.json",
  ]);
  return compiled.code === 0 ? undefined : compiled.output;
}
