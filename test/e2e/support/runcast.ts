import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** A `runcast` command that was started. */
export type Started = {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

/** Starts `runcast` as a user does, from the checkout. @param folder holds its spool, so that tests do not meet */
export function runcast(args: readonly string[], folder: string, env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, ["bin/runcast.js", ...args], {
    cwd: ROOT,
    env: { ...process.env, XDG_STATE_HOME: folder, XDG_RUNTIME_DIR: folder, XDG_CONFIG_HOME: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    text.stdout += piece;
  });
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    text.stderr += piece;
  });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  return { child, stdout: () => text.stdout, stderr: () => text.stderr, exited };
}

/** The command of the stand-in trainer: it replays a recording of a real run. */
export function trainer(recording: string, ...options: string[]): string[] {
  return ["--", "python3", "test/python/fake_onetrainer/scripts/train.py", recording, ...options];
}
