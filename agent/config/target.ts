import { type Login, readUserConfig, type UserConfig } from "./logins.ts";
import type { Env } from "./paths.ts";
import { chooseRelay, parseRelay, type Relay } from "./relay.ts";

/** The relay that is meant, and what is known of the user there. Options beat the environment, which beats the settings file. */
export type Target = { relay: Relay; settings: UserConfig; token: string | undefined; login: Login | null };

/** @returns why not, in words for the user, where an address or the settings file is none */
export function findTarget(
  options: { relay?: string; token?: string },
  env: Env,
): { ok: true; target: Target } | { ok: false; message: string } {
  const read = readUserConfig(env);
  if (!read.ok) return read;
  const settings = read.config;
  const address = chooseRelay(options.relay, env, settings);
  const relay = parseRelay(address);
  if (!relay) return { ok: false, message: `--relay: ${address} is no http, https, ws or wss address` };
  // A secret that the environment names is a choice, too.
  const named = env.RUNCAST_SECRET || env.RUNCAST_STATE;
  const login = named ? null : (settings.logins[relay.http] ?? null);
  return { ok: true, target: { relay, settings, token: options.token || env.RUNCAST_TOKEN, login } };
}
