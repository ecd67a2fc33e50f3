import { spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { ROOT } from "./root.ts";

export type Finished = { code: number; output: string };

/** The environment for programs that look for `node` themselves: the one that runs us comes first. */
export function withOurNode(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, PATH: `${dirname(process.execPath)}${delimiter}${environment.PATH ?? ""}` };
}

/** What is done with what a program writes: `show` it as it comes, show it `afterwards` in one piece, or `keep` it for the caller. */
export type Output = "show" | "afterwards" | "keep";

/**
 * Runs a program to its end, in the checkout.
 *
 * @param options output: kept unless said otherwise
 * @returns its exit code (1 when a signal ended it, 127 when it does not start) and what it wrote, stdout and stderr together
 */
export function runProgram(
  program: string,
  args: string[],
  options: { output?: Output; environment?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? ROOT,
      env: withOurNode(options.environment ?? process.env),
      stdio: options.output === "show" ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.on("error", (error) => resolve({ code: 127, output: error.message }));
    child.on("close", (code) => {
      if (options.output === "afterwards") process.stdout.write(output);
      resolve({ code: code ?? 1, output });
    });
  });
}
