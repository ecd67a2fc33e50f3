import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Output, runProgram } from "../program.ts";
import type { Python } from "../python.ts";
import { ROOT } from "../root.ts";
import { NOTHING, type Tally } from "./tally.ts";

const PROJECT = join(ROOT, "python");
const VENV = join(PROJECT, ".venv");
const STAMP = join(VENV, "runcast-installed");

/** The Python of the environment that `makeVenv` makes. */
export const VENV_PYTHON = process.platform === "win32" ? join(VENV, "Scripts", "python.exe") : join(VENV, "bin", "python");

/**
 * Makes python/.venv with the hook and what its tests need; once, and again when pyproject.toml or the Python has changed.
 *
 * @returns what is wrong, undefined when it is there
 */
export async function makeVenv(python: Python): Promise<string | undefined> {
  const wanted = createHash("sha256")
    .update(readFileSync(join(PROJECT, "pyproject.toml")))
    .update(python.version)
    .digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return undefined;
  process.stderr.write("Making python/.venv, once …\n");
  rmSync(VENV, { recursive: true, force: true });
  const made = await runProgram(python.program, [...python.args, "-m", "venv", VENV]);
  if (made.code !== 0) return `python -m venv failed (Debian: install python3-venv)\n${made.output}`;
  const installed = await runProgram(VENV_PYTHON, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "-e",
    `${PROJECT}[test]`,
  ]);
  if (installed.code !== 0) return `pip install failed\n${installed.output}`;
  writeFileSync(STAMP, wanted);
  return undefined;
}

/** Runs pytest. @param filters parts of file names; none is every file. @param folder where the report may lie. @param output what is done with what it writes */
export async function runPytest(filters: string[], folder: string, output: Output): Promise<Tally> {
  const reportPath = join(folder, "pytest.xml");
  const select = filters.length === 0 ? [] : ["-k", filters.join(" or ")];
  const { code } = await runProgram(VENV_PYTHON, ["-m", "pytest", "-q", `--junitxml=${reportPath}`, ...select], {
    output,
    cwd: PROJECT,
  });
  // 5: no test is selected.
  return code === 5 ? NOTHING : tallyOfJunit(code, existsSync(reportPath) ? readFileSync(reportPath, "utf8") : "");
}

/** @param code exit code of pytest. @param xml its report */
export function tallyOfJunit(code: number, xml: string): Tally {
  const suite = /<testsuite [^>]*>/.exec(xml)?.[0] ?? "";
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  const skipped = count("skipped");
  const passed = Math.max(0, count("tests") - failed - skipped);
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed, skipped, failures: failuresOf(xml) };
}

/** The cases of a report that hold a failure or an error. */
function failuresOf(xml: string): string[] {
  return xml
    .split("<testcase ")
    .slice(1)
    .filter((part) => /<(failure|error) /.test(part))
    .map((part) => `${/classname="([^"]*)"/.exec(part)?.[1] ?? "python"}: ${/ name="([^"]*)"/.exec(part)?.[1] ?? "a test"}`);
}
