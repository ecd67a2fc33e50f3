/**
 * The process that runs the relay: the engine behind `wrangler dev`, without its terminal, its inspector and its habit of
 * reloading while somebody edits a file. It leads a process group of its own, in which workerd and esbuild live too.
 */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { unstable_DevEnv as DevEnv, type unstable_startWorker } from "wrangler";
import { ROOT } from "../root.ts";
import type { HostMessage, HostOptions, HostRequest } from "./host-messages.ts";
import { removeStaleBundles } from "./stale-bundles.ts";

/** How long the Worker may take from its build to its first answer, in milliseconds. */
const START_MS = 30_000;

type RunningWorker = Awaited<ReturnType<typeof unstable_startWorker>>;
type ReloadComplete = { proxyData: { userWorkerUrl: { hostname: string; port: string } } };
type Running = { worker: RunningWorker; inner_url: string };

let running: Promise<Running> | undefined;

/** workerd outlives a parent that is killed, and would keep the port and the database: nobody left to serve ends all of us. */
process.on("disconnect", () => {
  process.kill(process.platform === "win32" ? process.pid : -process.pid, "SIGKILL");
});

process.on("message", (request: HostRequest) => {
  switch (request.kind) {
    case "start":
      running = start(request.options);
      running.then(
        async ({ worker, inner_url }) => say({ kind: "ready", url: (await worker.url).origin, inner_url }),
        (error: unknown) => say({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
      );
      return;
    case "stop":
      void stop();
      return;
    default:
      request satisfies never;
  }
});

async function start(options: HostOptions): Promise<Running> {
  // wrangler refuses a configuration whose asset folder is not there; a relay without its page is still a relay.
  mkdirSync(join(ROOT, "dist", "dashboard"), { recursive: true });
  removeStaleBundles(Date.now());
  const dev = new DevEnv();
  const failed = options.watch ? never() : buildFailure(dev);
  let inner = "";
  dev.on("reloadComplete", ({ proxyData }: ReloadComplete) => {
    inner = `http://${proxyData.userWorkerUrl.hostname}:${proxyData.userWorkerUrl.port}`;
  });
  const worker = await dev.startWorker({
    config: options.config ?? join(ROOT, "wrangler.toml"),
    // A name that does not exist: settings come from here alone, never from a .env or .dev.vars that lies about.
    envFiles: [join(options.persist, "no-env-file")],
    bindings: {
      ...Object.fromEntries(Object.entries(options.variables).map(([name, value]) => [name, { type: "secret_text" as const, value }])),
      ...(options.upgradesPerMinute === undefined ? {} : { UPGRADES: upgrades(options.upgradesPerMinute) }),
    },
    dev: {
      server: { hostname: options.host, port: options.port },
      persist: options.persist,
      watch: options.watch,
      inspector: false,
      logLevel: "warn",
      structuredLogsHandler: ({ message }: { message: string }) => process.stdout.write(`${message}\n`),
    },
  });
  // `worker.ready` tells of wrangler's front alone, which holds every request until the Worker behind it runs.
  await Promise.race([answers(await worker.url), failed]);
  return { worker, inner_url: inner };
}

/** In place of the binding of wrangler.toml. */
function upgrades(limit: number) {
  return { type: "ratelimit" as const, namespace_id: "1001", simple: { limit, period: 60 as const } };
}

async function buildFailure(dev: DevEnv): Promise<never> {
  await once(dev, "buildFailed");
  throw new Error("the Worker does not build; its log says why");
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

async function answers(url: URL): Promise<void> {
  const answer = await fetch(new URL("/healthz", url), { signal: AbortSignal.timeout(START_MS) });
  if (!answer.ok) throw new Error(`GET /healthz answers ${answer.status}`);
}

async function stop(): Promise<void> {
  await (await running)?.worker.dispose();
  process.exit(0);
}

function say(message: HostMessage): void {
  process.send?.(message);
}
