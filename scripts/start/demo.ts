import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Python } from "../python.ts";
import { endGroup } from "../relay/process-group.ts";
import { ROOT } from "../root.ts";

const TRAINER = join(ROOT, "examples", "paint", "paint.py");

/** How long a demo that was told to stop may take to save and to deliver its last events, in milliseconds. */
const LAST_WORDS_MS = 8_000;

/** @param now the start of the demo: each one is a run of its own */
export function demoRun(now: Date): string {
  return `demo-${now.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-")}`;
}

/** @returns whether the example is there; it is not part of the npm package */
export function hasTrainer(): boolean {
  return existsSync(TRAINER);
}

/**
 * Trains the example under `runcast run`, the way anybody would.
 *
 * @param relay where events go, a token of role `agent`, and a folder for events that wait; they travel in the environment, which `ps`
 * does not show to others
 * @param stop asks the training to end early
 * @returns how it ended
 */
export async function runDemo(
  python: Python,
  run: string,
  relay: { url: string; token: string; spool: string },
  stop: AbortSignal,
): Promise<string> {
  const { RUNCAST_SECRET, RUNCAST_SECRET_PREVIOUS, ...inherited } = process.env;
  const command = [python.program, ...python.args, TRAINER];
  const child = spawn(
    process.execPath,
    [join(ROOT, "bin", "runcast.js"), "run", "--name", "Learning to paint", "--run", run, "--", ...command],
    {
      cwd: ROOT,
      // At `info` it would print a link of its own, which knows no token.
      env: { ...inherited, RUNCAST_RELAY: relay.url, RUNCAST_TOKEN: relay.token, RUNCAST_SPOOL: relay.spool, RUNCAST_LOG_LEVEL: "warning" },
      // Our stdout says where the relay is, and nothing else.
      stdio: ["ignore", 2, 2],
      // Ctrl-C reaches us alone: the demo is told to stop once, and by us.
      detached: process.platform !== "win32",
      windowsHide: true,
    },
  );
  let last: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill("SIGTERM");
    last = setTimeout(() => child.pid !== undefined && endGroup(child.pid), LAST_WORDS_MS);
  };
  if (stop.aborted) end();
  else stop.addEventListener("abort", end, { once: true });
  const [code, signal] = await once(child, "exit");
  stop.removeEventListener("abort", end);
  clearTimeout(last);
  return signal ?? `code ${code}`;
}
