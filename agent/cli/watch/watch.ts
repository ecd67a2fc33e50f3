import type { LinkState, RunEvent } from "../../../client/index.ts";
import { ID_PATTERN, parsePosition, type RunStatus } from "../../../protocol/index.ts";
import { type Access, type AccessOptions, accessOf, refusal } from "../access.ts";
import { writeOut } from "../output.ts";
import { EXIT_FAILED, EXIT_INTERRUPTED, UsageError } from "../usage.ts";
import { watchOnScreen } from "./on-screen.ts";
import { exitOf, open, type Watching } from "./watching.ts";
import { wordsOf } from "./words.ts";

export type WatchOptions = AccessOptions & { events?: string; since?: string; plain?: boolean; exit?: boolean };

/** Progress in lines, at most once in this many milliseconds: a file that grows by ten lines a second is read by nobody. */
const PROGRESS_EVERY_MS = 10_000;

/** `runcast watch`: a full-screen view at a terminal, else a line an event, or with `--json` the events themselves. */
export async function watchCommand(named: string | undefined, options: WatchOptions): Promise<number> {
  const { since } = options;
  if (since !== undefined && parsePosition(since) === null) throw new UsageError(`--since: ${since} is no position; write LOG_ID:OFFSET`);
  const events = options.events?.split(",").map((type) => type.trim());
  const wrong = events?.find((type) => !/^[a-z][a-z0-9_]{0,63}$/.test(type));
  if (wrong !== undefined) throw new UsageError(`--events: ${wrong || "an empty word"} is no type of event`);
  if (named !== undefined && !ID_PATTERN.test(named)) throw new UsageError(`${named} is no run's id`);
  const access = accessOf(options, "operator");
  if (access === null) return EXIT_FAILED;
  const run = named ?? (await newest(access));
  if (typeof run !== "string") return run;
  const watching = { access, run, since, events, exit: options.exit ?? false };
  const full = !options.json && !options.plain && events === undefined && process.stdout.isTTY && process.stdin.isTTY;
  return full ? watchOnScreen(watching) : watchInLines(watching, options.json === true);
}

async function newest(access: Access): Promise<string | number> {
  const runs = await access.api().runs();
  if (!runs.ok) return refusal(runs);
  const [first] = runs.value;
  if (first) return first.run;
  process.stderr.write("runcast: there is no run that this token may see\n");
  return EXIT_FAILED;
}

/** One line an event on stdout, until Ctrl-C, the run's end with `--exit`, or until nobody reads. */
async function watchInLines({ access, run, since, events, exit }: Watching, json: boolean): Promise<number> {
  const done = Promise.withResolvers<number>();
  let progressAt = Number.NEGATIVE_INFINITY;
  let writing = Promise.resolve(true);
  let waiting = "";
  // One write at a time, of all that has come meanwhile.
  const put = (text: string): void => {
    waiting += `${text}\n`;
    if (waiting.length > text.length + 1) return;
    writing = writing.then(() => {
      const lines = waiting;
      waiting = "";
      return writeOut(lines);
    });
    writing.then((read) => read || done.resolve(0), done.reject);
  };
  const take = (event: RunEvent): void => {
    const thinned = event.type === "training_progress" && performance.now() - progressAt < PROGRESS_EVERY_MS;
    if (json) put(JSON.stringify(event));
    else if (!thinned) put(wordsOf(event));
    if (!thinned && event.type === "training_progress") progressAt = performance.now();
    if (exit && event.type === "training_status") end(event.status);
  };
  const end = (status: RunStatus): void => {
    const code = exitOf(status);
    if (code !== null) done.resolve(code);
  };
  let welcomed = false;
  const connection = open(
    { access, run, since, events },
    {
      onEvent: take,
      onOther: (event) => put(json ? JSON.stringify(event) : `${event.timestamp}  ${event.type}`),
      onWelcome: (welcome) => {
        const gap = !welcome.recovered && (welcomed || since !== undefined);
        if (gap) process.stderr.write("runcast: what lies between is no longer on the relay; it goes on with the recent events\n");
        welcomed = true;
        const status = welcome.snapshot.training_status?.status;
        // With nothing to be replayed, the end was told before.
        if (exit && !welcome.snapshot.health.agent.connected && typeof status === "string") setImmediate(() => end(status as RunStatus));
      },
      onState: (state) => stateOnStderr(state, done.resolve),
    },
  );
  const interrupted = () => done.resolve(EXIT_INTERRUPTED);
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const code = await done.promise;
  connection.close();
  await writing.catch(() => undefined);
  return code;
}

function stateOnStderr(state: LinkState, done: (code: number) => void): void {
  if (state.kind === "recovering") process.stderr.write(`runcast: ${state.reason.message}; trying again\n`);
  if (state.kind !== "closed") return;
  if (state.reason.code !== "closed_by_user") process.stderr.write(`runcast: ${state.reason.message} (${state.reason.code})\n`);
  done(EXIT_FAILED);
}
