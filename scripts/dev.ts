/** `npm run dev`: a relay that reloads with its sources, and the page with hot reload in front of it. */
import { join } from "node:path";
import { createServer } from "vite";
import { claimState } from "./relay/claim.ts";
import { startRelayProcess } from "./relay/process.ts";
import { openState, readSecrets } from "./relay/state.ts";
import { ownerToken } from "./relay/tokens.ts";
import { ROOT } from "./root.ts";
import { whyNotListen } from "./start/port.ts";
import { say } from "./start/say.ts";
import { asked, untilAsked } from "./start/stop.ts";

/** Where agents look for a relay when nobody says otherwise. */
const PORT = 8787;

const stop = untilAsked();
const state = openState(join(ROOT, ".runcast"));
const secrets = readSecrets(state, process.env);
const claimed = claimState(state);
const blocked = await whyNotListen("127.0.0.1", PORT);

if (!secrets.ok) fail(secrets.message);
else if (!claimed.ok) fail(claimed.message);
else if (blocked !== undefined) fail(blocked);
else {
  const variables = { RUNCAST_SECRET: secrets.secret, RUNCAST_LOG_LEVEL: process.env.RUNCAST_LOG_LEVEL ?? "debug" };
  const started = await startRelayProcess(
    { host: "127.0.0.1", port: PORT, persist: state.persist, variables, watch: true },
    (stream) => stream.pipe(process.stderr, { end: false }),
    stop,
  );
  if (started.ok) {
    const { relay } = started;
    claimed.held.setRelay(relay.group, relay.url);
    // Host stays what the browser asked for: the Worker compares it with Origin (AC3).
    const behind = { target: relay.url, changeOrigin: false };
    const page = await createServer({
      root: join(ROOT, "dashboard"),
      server: {
        host: "127.0.0.1",
        port: 5173,
        proxy: {
          "/api": behind,
          "/healthz": behind,
          "/ws": { ...behind, ws: true },
          "^/runs/[^/]+/ws": { ...behind, ws: true },
        },
      },
    });
    await page.listen();
    const url = page.resolvedUrls?.local[0] ?? "";
    process.stdout.write(`runcast relay ready on ${relay.url}\nOpen ${url}#token=${await ownerToken(state, secrets.secret, Date.now())}\n`);
    await Promise.race([asked(stop), relay.exited]);
    await page.close();
    await relay.stop();
  } else if (!stop.aborted) fail(started.message);
  claimed.held.release();
  process.exit();
}

function fail(message: string): void {
  say(`runcast: ${message}`);
  process.exitCode = 1;
}
