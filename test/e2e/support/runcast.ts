import { type ChildProcess, execFileSync, spawn } from "node:child_process";
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
    env: { ...process.env, XDG_STATE_HOME: folder, XDG_RUNTIME_DIR: folder, ...env },
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

/** The processes that `pid` started, with their command lines. */
export function childrenOf(pid: number | undefined): { pid: number; command: string }[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  const found: { pid: number; command: string }[] = [];
  for (const row of table) {
    const [, child, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [];
    if (Number(parent) === pid && child && command) found.push({ pid: Number(child), command });
  }
  return found;
}

/** The command of the stand-in trainer: it replays a recording of a real run. */
export function trainer(recording: string, ...options: string[]): string[] {
  return ["--", "python3", "test/python/fake_onetrainer/scripts/train.py", recording, ...options];
}
