import { execFile } from "node:child_process";

/** `absent`: there is no such program, or none that may be run. */
export type Told = { kind: "told"; stdout: string } | { kind: "absent" } | { kind: "failed"; message: string };

/** nvidia-smi hangs when its driver does, and the first start of a Python on a network disk takes long. */
const PROGRAM_MS = 15_000;

/** Runs a program to its end, and takes what it says. */
export function askProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Told> {
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: PROGRAM_MS, killSignal: "SIGKILL", windowsHide: true }, (error, stdout, stderr) => {
      if (error === null) return resolve({ kind: "told", stdout });
      if (error.code === "ENOENT" || error.code === "EACCES") return resolve({ kind: "absent" });
      const said = (stderr || stdout).trim().split("\n").at(-1);
      resolve({ kind: "failed", message: error.killed ? `it did not end in ${PROGRAM_MS / 1000} s` : said || error.message });
    });
  });
}
