/** `npm start`: a relay with its dashboard on this machine, kept running, and a small real training to look at. */

import { findPython, PYTHON_MINOR_MIN } from "./python.ts";
import { claimState, type HeldClaim } from "./relay/claim.ts";
import type { HostOptions } from "./relay/host-messages.ts";
import { openLog, type RelayLog } from "./relay/log-file.ts";
import { type RelayProcess, startRelayProcess } from "./relay/process.ts";
import { openState, readSecrets, type StateFolder } from "./relay/state.ts";
import { superviseRelay } from "./relay/supervise.ts";
import { isRevoked, ownerToken, renewOwnerToken, signToken } from "./relay/tokens.ts";
import { demoRun, hasTrainer, runDemo } from "./start/demo.ts";
import { parseStartOptions, type StartOptions, USAGE } from "./start/options.ts";
import { whyNotListen } from "./start/port.ts";
import { say } from "./start/say.ts";
import { asked, untilAsked } from "./start/stop.ts";

/** A demo takes minutes; its token may last a day. In seconds. */
const DEMO_TOKEN_S = 24 * 60 * 60;

const parsed = parseStartOptions(process.argv.slice(2));
switch (parsed.kind) {
  case "help":
    process.stdout.write(USAGE);
    break;
  case "wrong":
    say(`${parsed.message}\n\n${USAGE}`);
    process.exitCode = 2;
    break;
  case "start": {
    const problem = await start(parsed.options);
    if (problem !== undefined) say(`runcast: ${problem}`);
    process.exit(problem === undefined ? 0 : 1);
    break;
  }
  default:
    parsed satisfies never;
}

/** Runs until somebody ends it. @returns why it could not start */
async function start(options: StartOptions): Promise<string | undefined> {
  const stop = untilAsked();
  const state = openState(options.state);
  const secrets = readSecrets(state, process.env);
  if (!secrets.ok) return secrets.message;
  const claimed = claimState(state);
  if (!claimed.ok) return claimed.message;
  if (claimed.ended_orphans) say("Ended a relay that an earlier start had left behind.");
  try {
    const blocked = await whyNotListen(options.host, options.port);
    if (blocked !== undefined) return blocked;
    await makeDashboard();
    if (stop.aborted) return undefined;

    const log = openLog(state.log, (line) => options.verbose && say(line));
    const host: HostOptions = {
      host: options.host,
      port: options.port,
      persist: state.persist,
      variables: workerVariables(secrets.secret, secrets.previous),
      watch: false,
    };
    const first = await startRelayProcess(host, log.take, stop);
    if (stop.aborted) return undefined;
    if (!first.ok) return [`the relay does not start: ${first.message}`, ...log.recent(), `More in ${log.path}`].join("\n");
    const { url } = first.relay;
    claimed.held.setRelay(first.relay.group, url);
    // The relay outlives the demo, which still has its last words to deliver.
    const over = new AbortController();
    const supervised = supervise(first.relay, host, log, claimed.held, over.signal);

    process.stdout.write(`runcast relay ready on ${url}\n`);
    const kept = await ownerToken(state, secrets.secret, Date.now());
    const token = (await isRevoked(kept, url)) ? await renewOwnerToken(state, secrets.secret, Date.now()) : kept;
    await show(options, state, { url, secret: secrets.secret, ownerToken: token }, stop);
    await asked(stop);
    over.abort();
    await supervised;
    return undefined;
  } finally {
    claimed.held.release();
  }
}

/** vite is loaded only when there is something to build: most starts find the page as they left it. */
async function makeDashboard(): Promise<void> {
  const { buildDashboard, isDashboardFresh } = await import("./make/dashboard.ts");
  if (isDashboardFresh()) return;
  say("Building the dashboard …");
  try {
    await buildDashboard({ quiet: true });
  } catch (error) {
    say(`The dashboard does not build, so the relay runs without it: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function workerVariables(secret: string, previous: string | undefined): Record<string, string> {
  const { RUNCAST_LOG_LEVEL, RUNCAST_ALLOWED_ORIGINS } = process.env;
  return {
    RUNCAST_SECRET: secret,
    ...(previous === undefined ? {} : { RUNCAST_SECRET_PREVIOUS: previous }),
    ...(RUNCAST_LOG_LEVEL ? { RUNCAST_LOG_LEVEL } : {}),
    ...(RUNCAST_ALLOWED_ORIGINS ? { RUNCAST_ALLOWED_ORIGINS } : {}),
  };
}

function supervise(first: RelayProcess, host: HostOptions, log: RelayLog, claim: HeldClaim, stop: AbortSignal): Promise<void> {
  // Whatever port the system chose the first time: agents and pages know that one.
  const again = { ...host, port: Number(new URL(first.url).port || 80) };
  return superviseRelay(
    first,
    () => startRelayProcess(again, log.take, stop),
    (news) => {
      switch (news.kind) {
        case "down":
          say(`The relay ${news.reason}; starting it again in ${news.retry_in_ms / 1000} s.`);
          return;
        case "up":
          claim.setRelay(news.relay.group, news.relay.url);
          say("The relay is back.");
          return;
        default:
          news satisfies never;
      }
    },
    stop,
  );
}

/** Prints the link, and trains the demo if it was asked for and can be. Returns at its end, or when we are asked to end. */
async function show(
  options: StartOptions,
  state: StateFolder,
  relay: { url: string; secret: string; ownerToken: string },
  stop: AbortSignal,
): Promise<void> {
  const link = (path: string) => process.stdout.write(`Open ${relay.url}${path}#token=${relay.ownerToken}\n`);
  if (!options.demo) return void link("/");
  const python = findPython(process.env);
  if (python === undefined || !hasTrainer()) {
    say(
      python === undefined
        ? `No demo: it needs Python 3.${PYTHON_MINOR_MIN} or newer, as python3, python or py on the PATH.`
        : "No demo: examples/paint is missing.",
    );
    return void link("/");
  }
  const run = demoRun(new Date());
  link(`/runs/${run}`);
  const token = await signToken(relay.secret, { sub: "demo", role: "agent", runs: run }, DEMO_TOKEN_S, Date.now());
  const end = await runDemo(python, run, { url: relay.url, token, spool: state.spool }, stop);
  if (!stop.aborted) say(`The demo ended (${end}). The relay stays; Ctrl-C ends it.`);
}
