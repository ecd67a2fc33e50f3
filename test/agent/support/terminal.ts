import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { childrenOf } from "../../support/processes.ts";
import { folderForTest } from "../../support/temporary.ts";
import { SECRET } from "./cli.ts";

const MAIN = fileURLToPath(new URL("../../../agent/cli/main.ts", import.meta.url));

/** Runs `runcast` in a terminal of its own, which script(1) makes; what is typed goes through that terminal. */
export function inTerminal(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const folder = folderForTest();
  const quoted = [process.execPath, MAIN, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const child = spawn("script", ["-qec", `exec ${quoted}`, "/dev/null"], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      XDG_STATE_HOME: folder,
      XDG_RUNTIME_DIR: folder,
      XDG_CONFIG_HOME: folder,
      RUNCAST_SECRET: SECRET,
      RUNCAST_RELAY: "http://127.0.0.1:9",
      ...env,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  return {
    /** Terminals have one output. */
    output: () => text,
    type: (keys: string) => void child.stdin.write(keys),
    launcher: () => childrenOf(child.pid).find(({ command }) => command.includes("main.ts"))?.pid ?? 0,
    closed: new Promise<void>((resolve) => child.on("close", () => resolve())),
  };
}
