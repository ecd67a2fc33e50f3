import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { ROOT } from "../../scripts/root.ts";
import { until } from "./until.ts";

/** A program that runs while a test looks at it. */
export type Program = {
  child: ChildProcess;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Waits until it has written something on either stream. @returns the match */
  says(pattern: RegExp, timeout_ms?: number): Promise<RegExpExecArray>;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
};

/** Starts a program for the test that is running, which ends it (SIGTERM, and SIGKILL when it does not go) if it has not ended by itself. */
export function runForTest(program: string, args: string[], options: { cwd?: string; environment?: NodeJS.ProcessEnv } = {}): Program {
  const child = spawn(program, args, {
    cwd: options.cwd ?? ROOT,
    env: options.environment ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit").then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  onTestFinished(async () => {
    child.kill("SIGTERM");
    const last = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(last);
  });
  return {
    child,
    ended,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    says: (pattern, timeout_ms = 30_000) =>
      until(() => pattern.exec(stdout) ?? pattern.exec(stderr), { timeout_ms, what: `${pattern} in:\n${stdout}\n${stderr}` }),
  };
}
