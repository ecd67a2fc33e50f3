import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { findPython } from "../../../scripts/python.ts";
import { ROOT } from "../../../scripts/root.ts";
import { childrenOf } from "../../support/processes.ts";
import { until } from "../../support/until.ts";

type Ended = { code: number | null; signal: NodeJS.Signals | null };

/** A `runcast` command that was started. */
export type Started = {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** It has ended, and nobody holds its output any more. */
  readonly closed: Promise<Ended>;
  /** Ends it, and its agent, if they have not ended by themselves. */
  end(): Promise<void>;
};

/** Starts `runcast` as a user does. @param folder holds its spool and its port's file, so that cases do not meet */
export function runcast(args: readonly string[], folder: string, environment: Record<string, string>): Started {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:RUNCAST_|VITEST)/.test(name)));
  // A state folder without a secret: tokens come from the case alone.
  const env = { ...own, XDG_STATE_HOME: folder, XDG_RUNTIME_DIR: folder, RUNCAST_STATE: folder, ...environment };
  const child = spawn(process.execPath, [join(ROOT, "bin", "runcast.js"), ...args], { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (piece: string) => {
      text[name] += piece;
    });
  }
  // A command that ends before it has read its input closes the pipe.
  child.stdin.on("error", () => undefined);
  const closed = new Promise<Ended>((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
  let over = false;
  void closed.then(() => {
    over = true;
  });
  return {
    child,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    closed,
    async end() {
      if (over) return;
      const below = process.platform === "linux" ? descendants(child.pid) : [];
      child.kill("SIGKILL");
      for (const pid of below) kill(pid, "SIGKILL");
      await closed;
    },
  };
}

/** Words that run a Python program of a few lines, as the command of `runcast run`. */
export function python(program: string): string[] {
  const found = findPython(process.env);
  if (!found) throw new Error("no Python on the PATH");
  return ["--", found.program, ...found.args, "-c", program];
}

/** Words that run the stand-in for OneTrainer, which replays a recording of a real run. */
export function trainer(recording: string, ...options: string[]): string[] {
  const found = findPython(process.env);
  if (!found) throw new Error("no Python on the PATH");
  return ["--", found.program, ...found.args, join(ROOT, "test/python/fake_onetrainer/scripts/train.py"), recording, ...options];
}

/** @returns the process that speaks to the relay, once there is one other than `not` */
export function agentOf(started: Started, not?: number): Promise<number> {
  const find = () => childrenOf(started.child.pid).find(({ pid, command }) => command.includes("_agent") && pid !== not)?.pid;
  return until(find, { what: "the agent's process", timeout_ms: 30_000 });
}

/** @returns the process of the command that is run */
export function commandOf(started: Started): Promise<number> {
  const find = () => childrenOf(started.child.pid).find(({ command }) => !command.includes("_agent"))?.pid;
  return until(find, { what: "the command's process", timeout_ms: 30_000 });
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

function descendants(pid: number | undefined): number[] {
  return childrenOf(pid).flatMap((child) => [child.pid, ...descendants(child.pid)]);
}
