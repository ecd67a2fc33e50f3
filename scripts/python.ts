import { spawnSync } from "node:child_process";

/** The oldest Python that the hook runs on. */
export const PYTHON_MINOR_MIN = 10;

/** What starts a Python: a program and the arguments before its own. */
export type Python = { program: string; args: string[]; version: string };

const CANDIDATES: { program: string; args: string[] }[] = [
  { program: "python3", args: [] },
  { program: "python", args: [] },
  // The launcher that Python's installer for Windows puts on the PATH.
  { program: "py", args: ["-3"] },
];

/** @returns the first Python on the PATH that is new enough, undefined when there is none */
export function findPython(environment: NodeJS.ProcessEnv): Python | undefined {
  for (const { program, args } of CANDIDATES) {
    const answer = spawnSync(program, [...args, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"], {
      env: environment,
      encoding: "utf8",
      windowsHide: true,
    });
    const version = answer.stdout?.trim() ?? "";
    if (answer.status === 0 && isNewEnough(version)) return { program, args, version };
  }
  return undefined;
}

/** @param version such as 3.12.1 */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 3 || (major === 3 && minor >= PYTHON_MINOR_MIN);
}
