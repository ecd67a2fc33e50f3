import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { childrenOf } from "../../support/processes.ts";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";

const MAIN = fileURLToPath(new URL("../../../agent/cli/main.ts", import.meta.url));
export const SECRET = "a secret that is long enough for HS256";

export type Cli = {
  readonly child: ChildProcess;
  /** Holds the spool and the hook file. */
  readonly folder: string;
  stdout(): string;
  stderr(): string;
  /** The program has ended and nobody holds its output any more. */
  readonly closed: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

export type CliOptions = { env?: Record<string, string>; folder?: string; stdio?: SpawnOptions["stdio"]; cwd?: string };

/** Runs `runcast` as a process of its own, with its state in a folder of the test and nothing of ours in its environment. */
export function cli(
  args: readonly string[],
  { env = {}, folder = folderForTest(), stdio = ["ignore", "pipe", "pipe"], cwd = folder }: CliOptions = {},
): Cli {
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("RUNCAST_") && !name.startsWith("VITEST")),
  );
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    stdio,
    env: {
      ...own,
      XDG_STATE_HOME: folder,
      XDG_RUNTIME_DIR: folder,
      XDG_CONFIG_HOME: folder,
      RUNCAST_SECRET: SECRET,
      RUNCAST_RELAY: "http://127.0.0.1:9",
      ...env,
    },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (piece: string) => {
      text[name] += piece;
    });
  }
  const ending = (event: "close" | "exit") =>
    new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
      child.on(event, (code, signal) => resolve({ code, signal })),
    );
  return { child, folder, stdout: () => text.stdout, stderr: () => text.stderr, closed: ending("close"), exited: ending("exit") };
}

/** A Node program as the command that is run. */
export function script(code: string): string[] {
  return ["--", process.execPath, "-e", code];
}

/** @returns the id of the launcher's agent process, once there is one other than `not` */
export function agentOf(launcher: ChildProcess, not?: number): Promise<number> {
  const find = () => childrenOf(launcher.pid).find(({ pid, command }) => command.includes("_agent") && pid !== not)?.pid;
  return until(find, { what: "the agent process" });
}
