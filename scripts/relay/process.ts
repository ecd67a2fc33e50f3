import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { ROOT } from "../root.ts";
import type { HostMessage, HostOptions, HostRequest } from "./host-messages.ts";
import { endGroup } from "./process-group.ts";

/** How long a relay may take to leave by itself, in milliseconds. */
const STOP_MS = 3_000;

/** A relay that answers. */
export type RelayProcess = {
  url: string;
  /** The same without wrangler's front, for benches: see {@link HostMessage}. */
  innerUrl: string;
  /** The process group of the host, workerd and esbuild. */
  group: number;
  /** Resolves with a few words when the host has ended, whoever ended it. */
  exited: Promise<string>;
  /** Ends the relay and everything that it started; gently first. */
  stop(): Promise<void>;
  /** Ends them all at once, as `kill -9` does. */
  kill(): Promise<void>;
};

export type RelayStart = { ok: true; relay: RelayProcess } | { ok: false; message: string };

/**
 * Starts a relay and waits until it listens.
 *
 * @param output gets what the relay logs, one line each: stdout, then stderr
 * @param cancel ends the attempt, and whatever it has started
 * @returns the relay, or why there is none; then nothing of it is left running
 */
export async function startRelayProcess(
  options: HostOptions,
  output: (stream: Readable) => void,
  cancel?: AbortSignal,
): Promise<RelayStart> {
  const child = spawn(process.execPath, ["--no-warnings", join(ROOT, "scripts", "relay", "host.ts")], {
    cwd: ROOT,
    env: hostEnvironment(options.persist),
    // A group of its own: Ctrl-C reaches us alone, and one signal ends workerd too, whatever has become of its parent.
    detached: true,
    windowsHide: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const group = child.pid;
  if (group === undefined) return { ok: false, message: `${process.execPath} does not start` };
  if (child.stdout) output(child.stdout);
  if (child.stderr) output(child.stderr);

  const exited = once(child, "exit").then(([code, signal]) => (signal ? `ended by ${signal}` : `ended with code ${code}`));
  const kill = async () => {
    endGroup(group);
    await exited;
  };
  tell(child, { kind: "start", options });
  const answer = await Promise.race([firstMessage(child), exited, aborted(cancel)]);
  if (typeof answer === "string" || answer.kind === "failed") {
    await kill();
    return { ok: false, message: typeof answer === "string" ? `the relay ${answer}` : answer.message };
  }
  return {
    ok: true,
    relay: {
      url: answer.url,
      innerUrl: answer.inner_url,
      group,
      exited,
      kill,
      async stop() {
        tell(child, { kind: "stop" });
        const timer = setTimeout(() => endGroup(group), STOP_MS);
        await exited;
        clearTimeout(timer);
        endGroup(group);
      },
    },
  };
}

function tell(child: ChildProcess, request: HostRequest): void {
  // The callback takes the error of a child that has just gone: `exited` tells of that already.
  if (child.connected) child.send(request, () => undefined);
}

async function firstMessage(child: ChildProcess): Promise<HostMessage> {
  const [message] = await once(child, "message");
  return message as HostMessage;
}

function aborted(signal: AbortSignal | undefined): Promise<string> {
  const why = "was not wanted any more";
  return new Promise((resolve) => {
    if (signal?.aborted) resolve(why);
    else signal?.addEventListener("abort", () => resolve(why), { once: true });
  });
}

/** The environment without our secrets, and with everything switched off that wrangler would do beside serving. */
function hostEnvironment(persist: string): NodeJS.ProcessEnv {
  const { RUNCAST_SECRET, RUNCAST_SECRET_PREVIOUS, RUNCAST_TOKEN, ...inherited } = process.env;
  return {
    ...inherited,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_LOG_PATH: join(persist, "wrangler-logs"),
    // The only consumer of the network: it would fetch a sample `Request.cf` at each start, and wait for it when offline.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: "false",
    // Stores a trace of each request in SQLite, and serves a page to look at them.
    X_LOCAL_OBSERVABILITY: "false",
    X_LOCAL_EXPLORER: "false",
  };
}
