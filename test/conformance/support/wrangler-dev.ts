import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { endGroup } from "../../../scripts/relay/process-group.ts";
import { ROOT } from "../../../scripts/root.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";

/** `wrangler dev` on a port and data of its own. */
export type WranglerDev = { readonly url: string; readonly secret: string; stop(): Promise<void> };

/** How long it may take to build and to answer, in milliseconds: a loaded machine takes its time. */
const START_MS = 120_000;

/** Starts `wrangler dev` as a developer does, without an account and without the network. */
export async function startWranglerDev(): Promise<WranglerDev> {
  const secret = randomBytes(32).toString("base64url");
  const folder = temporaryFolder();
  // wrangler refuses a configuration whose asset folder is not there.
  mkdirSync(join(ROOT, "dist", "dashboard"), { recursive: true });
  const words = ["dev", "--local", "--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0", "--persist-to", folder.path];
  const variables = ["--var", `RUNCAST_SECRET:${secret}`, "--var", "RUNCAST_LOG_LEVEL:error"];
  const wrangler = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
  const child = spawn(process.execPath, [wrangler, ...words, ...variables, "--show-interactive-dev-session=false"], {
    cwd: ROOT,
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_SEND_ERROR_REPORTS: "false",
      WRANGLER_LOG_PATH: join(folder.path, "logs"),
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: "false",
    },
    // A group of its own: one signal ends workerd too.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exited = once(child, "exit");
  const stop = async () => {
    if (child.pid !== undefined) endGroup(child.pid);
    await exited;
    folder.remove();
  };
  const ready = () => {
    if (child.exitCode !== null) throw new Error(`wrangler dev has ended with code ${child.exitCode}:\n${output}`);
    return /Ready on (http:\/\/\S+)/.exec(output)?.[1];
  };
  try {
    return { url: await until(ready, { what: "wrangler dev", timeout_ms: START_MS }), secret, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
