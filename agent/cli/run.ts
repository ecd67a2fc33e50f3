import { randomUUID } from "node:crypto";
import { delimiter, join } from "node:path";
import { isRunId, NAME_MAX_LENGTH, SPOOL_BYTES_MAX, SPOOL_BYTES_MIN } from "../../protocol/index.ts";
import { parseBytes } from "../config/bytes.ts";
import { parseDuration } from "../config/duration.ts";
import { type Env, hookFileFolder, hookSiteFolder, scratchFolder, spoolPath } from "../config/paths.ts";
import { watchLink } from "../config/relay.ts";
import { commandName, makeRunId } from "../config/run-id.ts";
import { findSecret } from "../config/secret.ts";
import type { Target } from "../config/target.ts";
import { accountName, makeClaims, signToken } from "../config/token.ts";
import { launch } from "../launch/launch.ts";
import { sayOnce, shownLevel, writeStderr } from "../log.ts";
import { type PrivacyWish, patternProblem } from "../privacy/privacy.ts";
import type { Credentials } from "../uplink/credentials.ts";
import { targetOf } from "./access.ts";
import { UsageError } from "./usage.ts";

export type RunOptions = {
  name?: string;
  run?: string;
  relay?: string;
  token?: string;
  spoolBytes?: string;
  pauseLimit?: string;
  allowInterrupt?: boolean;
  /** `--no-console`, `--no-samples` */
  console?: boolean;
  samples?: boolean;
  redact?: string[];
};

/** The link opens the run for a week, and lets its holder steer it. */
const LINK_SECONDS = 7 * 24 * 3600;

/** `runcast run`: runs the command, and gives its exit code. */
export async function runCommand(command: readonly string[], options: RunOptions): Promise<number> {
  const { env } = process;
  const target = targetOf(options);
  const { relay } = target;
  const name = (options.name || commandName(command)).slice(0, NAME_MAX_LENGTH);
  const run = options.run ?? makeRunId(name, Date.now());
  if (!isRunId(run)) throw new UsageError(`--run: ${run} is no run id; it has letters, digits, dots, dashes and underscores, at most 64`);
  const spoolBytes = spoolBound(options.spoolBytes || env.RUNCAST_SPOOL_BYTES);
  const pauseSeconds = pauseLimit(options.pauseLimit);
  const { credentials, link } = access(target, run, env);
  const id = randomUUID();
  const hookFile = join(hookFileFolder(env), `${id}.json`);
  const say = sayOnce(shownLevel(env), writeStderr);
  return launch({
    command,
    env: trainerEnv(env, hookFile, pauseSeconds),
    config: {
      launch: id,
      run,
      name,
      nameIsExplicit: Boolean(options.name),
      relay,
      credentials,
      spool: spoolPath(env, relay.http, run),
      spoolBytes,
      hookFile,
      allowInterrupt: options.allowInterrupt === true,
      privacy: privacyWish(options, target),
      startedAt: new Date().toISOString(),
    },
    scratch: scratchFolder(env),
    say,
    onStarted: () => say("info", `watch this run: ${link}`),
  });
}

function spoolBound(text: string | undefined): number {
  if (!text) return SPOOL_BYTES_MAX;
  const bytes = parseBytes(text);
  if (bytes === null) throw new UsageError(`--spool-bytes: ${text} is no size; write 64M or 1G`);
  if (bytes < SPOOL_BYTES_MIN) throw new UsageError(`--spool-bytes: ${text} is less than ${SPOOL_BYTES_MIN / 1024 / 1024}M`);
  return bytes;
}

/** @returns seconds, or null for a pause without an end */
function pauseLimit(text: string | undefined): number | null {
  if (text === undefined) return null;
  const seconds = parseDuration(text);
  if (seconds === null) throw new UsageError(`--pause-limit: ${text} is no duration; write 30m, 12h or 7d`);
  return seconds;
}

/** What the options say; where they say nothing, the settings. Patterns of both count. */
function privacyWish(options: RunOptions, { settings }: Target): PrivacyWish {
  const redact = [...(settings.redact ?? []), ...(options.redact ?? [])];
  for (const source of redact) {
    const problem = patternProblem(source);
    if (problem !== null) throw new UsageError(`--redact: ${source} is no pattern to redact: ${problem}`);
  }
  return {
    console: options.console !== false && settings.console !== false,
    samples: options.samples !== false && settings.samples !== false,
    redact,
  };
}

/** How the agent shows itself to the relay, and the link for people: signed in where the relay's secret is at hand. */
function access({ relay, token: given, login }: Target, run: string, env: Env): { credentials: Credentials; link: string } {
  const token = given ?? login?.agent_token ?? login?.token;
  const found = findSecret(env, process.cwd(), relay);
  if (!found.ok) {
    if (token) return { credentials: { kind: "token", token }, link: watchLink(relay, run, null) };
    throw new UsageError(
      `no token for ${relay.http}: ${found.reason}. Start a relay with \`npm start\`, sign in with \`runcast login\`, or give --token or RUNCAST_TOKEN`,
    );
  }
  const { secret } = found;
  const wish = { role: "operator", runs: run, sub: accountName(), expiresInSeconds: LINK_SECONDS } as const;
  const link = watchLink(relay, run, signToken(makeClaims(wish, Date.now()), secret));
  return { credentials: token ? { kind: "token", token } : { kind: "secret", secret }, link };
}

/**
 * The trainer's environment, without our credentials, which a trainer that prints its environment would show to every viewer. Ours goes
 * first on `PYTHONPATH`, the user's behind it. Python holds back what it prints into a pipe, and a log would lag by pages behind the
 * training; it is asked not to, unless the user has said something about that.
 */
function trainerEnv(
  { RUNCAST_SECRET, RUNCAST_SECRET_PREVIOUS, RUNCAST_TOKEN, ...env }: Env,
  hookFile: string,
  pauseSeconds: number | null,
): NodeJS.ProcessEnv {
  const pythonPath = [hookSiteFolder(), env.PYTHONPATH].filter(Boolean).join(delimiter);
  const limit = pauseSeconds === null ? {} : { RUNCAST_PAUSE_LIMIT: String(pauseSeconds) };
  return { PYTHONUNBUFFERED: "1", ...env, ...limit, PYTHONPATH: pythonPath, RUNCAST_HOOK_FILE: hookFile };
}
