import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { createApi } from "../../client/index.ts";
import type { Session } from "../../protocol/index.ts";
import { type Login, readUserConfig, userConfigPath, writeUserConfig } from "../config/logins.ts";
import { chooseRelay, parseRelay, type Relay } from "../config/relay.ts";
import { refusal } from "./access.ts";
import { EXIT_FAILED, UsageError } from "./usage.ts";

export type LoginOptions = { token?: string; json?: boolean };

/** An agent's token lives as long as it may: a training is not to end because of one. */
const AGENT_TOKEN_S = 90 * 24 * 3600;

/** `runcast login`: tries the token at the relay, and keeps it. */
export async function loginCommand(url: string, options: LoginOptions): Promise<number> {
  const link = /^(.*?)\/?(?:runs\/[^/#?]*)?#token=(.+)$/.exec(url);
  const address = link?.[1] ?? url;
  const relay = parseRelay(address);
  if (!relay) throw new UsageError(`${address} is no http, https, ws or wss address`);
  const { env } = process;
  const read = readUserConfig(env);
  if (!read.ok) return say(read.message);
  const token = (options.token ?? link?.[2] ?? (await askToken(relay))).trim();
  if (token === "") throw new UsageError("no token was given");
  const api = createApi({ url: relay.http, token });
  const known = await api.signIn();
  if (!known.ok) return refusal(known);
  const login = await loginOf(relay, token, known.value);
  writeUserConfig(env, { ...read.config, relay: relay.http, logins: { ...read.config.logins, [relay.http]: login } });
  tell(relay, known.value, login, options);
  return 0;
}

/** An owner's token is not for agents: one is made for them, which can be revoked by itself. */
async function loginOf(relay: Relay, token: string, { role, sub, runs }: Session): Promise<Login> {
  if (role !== "owner") return { token };
  const made = await createApi({ url: relay.http, token }).makeToken({ role: "agent", sub, runs, expires_in: AGENT_TOKEN_S });
  if (made.ok) return { token, agent_token: made.value.token };
  process.stderr.write(`runcast: no agent's token could be made: ${made.message} (${made.code}); \`runcast run\` needs one\n`);
  return { token };
}

function tell(relay: Relay, { sub, role, runs, expires_at }: Session, login: Login, { json }: LoginOptions): void {
  const attaches = role === "agent" || login.agent_token !== undefined;
  if (json) {
    process.stdout.write(`${JSON.stringify({ relay: relay.http, sub, role, runs, expires_at, attaches })}\n`);
    return;
  }
  const covered = typeof runs === "string" ? runs : runs.join(", ");
  const more = attaches ? "; `runcast run -- CMD` goes there from now on" : "";
  process.stdout.write(`Signed in to ${relay.http} as ${role} ${sub}, for runs ${covered}, until ${expires_at}${more}\n`);
}

/** `runcast logout` */
export function logoutCommand(url: string | undefined, { all }: { all?: boolean }): number {
  const { env } = process;
  if (all) {
    writeUserConfig(env, { logins: {} });
    process.stdout.write(`${userConfigPath(env)} is empty\n`);
    return 0;
  }
  const read = readUserConfig(env);
  if (!read.ok) return say(read.message);
  const address = chooseRelay(url, env, read.config);
  const relay = parseRelay(address);
  if (!relay) throw new UsageError(`${address} is no http, https, ws or wss address`);
  if (!read.config.logins[relay.http]) return say(`nobody is signed in to ${relay.http} here`);
  const { relay: meant, ...rest } = read.config;
  const logins = Object.fromEntries(Object.entries(rest.logins).filter(([known]) => known !== relay.http));
  writeUserConfig(env, { ...rest, ...(meant === undefined || meant === relay.http ? {} : { relay: meant }), logins });
  process.stdout.write(`Forgot the tokens for ${relay.http}; they are good until they end, or \`runcast revoke\` ends them\n`);
  return 0;
}

/** Asks at a terminal, without showing what is typed; else the first line of stdin. */
async function askToken(relay: Relay): Promise<string> {
  const terminal = process.stdin.isTTY === true;
  if (terminal) process.stderr.write(`Token for ${relay.http}: `);
  const silent = new Writable({ write: (_, __, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal });
  const line = await new Promise<string>((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve(""));
    lines.once("SIGINT", () => lines.close());
  });
  lines.close();
  if (terminal) process.stderr.write("\n");
  return line;
}

function say(text: string): number {
  process.stderr.write(`runcast: ${text}\n`);
  return EXIT_FAILED;
}
