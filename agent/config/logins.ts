import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Env } from "./paths.ts";

/** A relay that was signed in to. `agent_token` only where the token's role may have one made: an owner's. */
const login = z.object({ token: z.string().min(1), agent_token: z.string().min(1).optional() });
const configFile = z.object({
  /** The relay that is meant where nothing else says which. */
  relay: z.string().optional(),
  /** What stays on this machine, as `run --no-console --no-samples --redact PATTERN` say it for one run. */
  console: z.boolean().optional(),
  samples: z.boolean().optional(),
  redact: z.array(z.string()).optional(),
  /** By the relay's address, as `parseRelay` gives it. */
  logins: z.record(z.string(), login).default({}),
});

export type Login = z.infer<typeof login>;
export type UserConfig = z.infer<typeof configFile>;

/** What was read, or why the file is no configuration: one that is broken is said to be, and never written over. */
export type ReadConfig = { ok: true; config: UserConfig } | { ok: false; message: string };

const NOTHING: UserConfig = { logins: {} };

/** @returns the file in which this user's settings lie, as the XDG base directory specification has it */
export function userConfigPath(env: Env): string {
  if (env.XDG_CONFIG_HOME) return join(env.XDG_CONFIG_HOME, "runcast", "config.json");
  if (process.platform === "win32" && env.APPDATA) return join(env.APPDATA, "runcast", "config.json");
  return join(homedir(), ".config", "runcast", "config.json");
}

/** Reads the settings; where there is no file there are none. */
export function readUserConfig(env: Env): ReadConfig {
  const path = userConfigPath(env);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { ok: true, config: NOTHING };
    return { ok: false, message: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
  try {
    return { ok: true, config: configFile.parse(JSON.parse(text)) };
  } catch {
    return { ok: false, message: `${path} is no settings file of runcast; \`runcast logout --all\` begins a new one` };
  }
}

/** Writes the settings, readable by this user alone: they hold tokens. In one step, so that another program reads the old or the new ones. */
export function writeUserConfig(env: Env, config: UserConfig): void {
  const path = userConfigPath(env);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}
