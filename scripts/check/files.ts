import { existsSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../program.ts";
import { ROOT } from "../root.ts";

/** @returns the files that belong to the checkout, relative to it, with `/` between folders: committed, or new and not ignored */
export async function listFiles(): Promise<string[]> {
  const listed = await runProgram("git", ["-c", "core.quotePath=off", "ls-files", "--cached", "--others", "--exclude-standard"]);
  if (listed.code !== 0) throw new Error(`git does not list the files of the checkout: ${listed.output}`);
  return listed.output.split("\n").filter((path) => path !== "" && existsSync(join(ROOT, path)));
}
