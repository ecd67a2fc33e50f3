import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The environment as this program reads it; a parameter, so that tests need not change their own. */
export type Env = Readonly<Record<string, string | undefined>>;

/** @returns the folder of the installed package or of the checkout: the nearest one upward with a `package.json`. */
export function packageRoot(from: string = fileURLToPath(import.meta.url)): string {
  let folder = dirname(from);
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) return dirname(from);
    folder = parent;
  }
  return folder;
}

/** @returns the folder that goes first on `PYTHONPATH`; it holds the hook's `sitecustomize.py` and nothing else. */
export function hookSiteFolder(): string {
  return join(packageRoot(), "python", "runcast", "_site");
}

/** @returns where this user's programs keep state between runs, as the XDG base directory specification has it. */
function stateHome(env: Env): string {
  if (env.XDG_STATE_HOME) return join(env.XDG_STATE_HOME, "runcast");
  if (process.platform === "win32" && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, "runcast");
  return join(homedir(), ".local", "state", "runcast");
}

/**
 * Where a run's spool lies. It depends on the relay, since a run's numbering is known to one relay only, and not on the
 * folder that the command was started in.
 * @param relay the relay's address, as `parseRelay` gives it
 */
export function spoolPath(env: Env, relay: string, run: string): string {
  const folder = env.RUNCAST_SPOOL || join(stateHome(env), "spool");
  const host = createHash("sha256").update(relay).digest("hex").slice(0, 16);
  return join(folder, host, `${run}.db`);
}

/** @returns the folders that a spool lies in: the one that is named, and in it the relay's, which has the files. */
export function spoolFolders(spool: string): { named: string; relay: string } {
  return { named: dirname(dirname(spool)), relay: dirname(spool) };
}

/** @returns the folder for hook files, one file a launch: gone at logout where the system has such a place. */
export function hookFileFolder(env: Env): string {
  const runtime = env.XDG_RUNTIME_DIR;
  if (runtime && existsSync(runtime)) return join(runtime, "runcast");
  return join(stateHome(env), "hooks");
}

/** @returns a folder for pipes that live for a moment only. */
export function scratchFolder(env: Env): string {
  return env.XDG_RUNTIME_DIR && existsSync(env.XDG_RUNTIME_DIR) ? env.XDG_RUNTIME_DIR : tmpdir();
}

/** @returns the folders in which a local relay may keep its state, in the order in which they are tried. */
export function relayStateFolders(env: Env, cwd: string): string[] {
  const named = env.RUNCAST_STATE;
  return named ? [named] : [...new Set([join(cwd, ".runcast"), join(packageRoot(), ".runcast")])];
}
