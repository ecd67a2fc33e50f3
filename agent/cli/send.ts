import { randomUUID } from "node:crypto";
import type { Answer } from "../../client/index.ts";
import { COMMAND_TTL_MS, type CommandRecord, type CommandState, type RunDetail } from "../../protocol/index.ts";
import { type Access, type AccessOptions, accessOf, refusal } from "./access.ts";
import { type CommandOptions, readCommand, type Wish } from "./command-words.ts";
import { canAsk, confirm } from "./confirm.ts";
import { type CommandNews, type Followed, followCommand, isTerminal } from "./follow-command.ts";
import { EXIT_FAILED, EXIT_INTERRUPTED, UsageError } from "./usage.ts";

export type SendOptions = AccessOptions & CommandOptions & { wait: boolean; yes?: boolean };

type Refused = Extract<Answer<unknown>, { ok: false }>;

/** A room that sleeps ends a command a little after its time; one whose relay was away, when that is back. In milliseconds. */
const LATE_MS = 10_000;

/** `runcast send`: asks for a command, and says what becomes of it. */
export async function sendCommand(words: readonly string[], options: SendOptions): Promise<number> {
  const wish = readCommand(words, options, randomUUID);
  const mayAsk = canAsk();
  // A repeat asks nobody: whether this is one, the relay has to say.
  if (wish.request.command === "stop" && !options.yes && !mayAsk && options.id === undefined) throw new UsageError(NEEDS_YES);
  const access = accessOf(options, "operator");
  if (access === null) return EXIT_FAILED;
  const found = await findRun(access, wish.run);
  if (!found.ok) return refusal(found);
  const run = found.value;
  const earlier = options.id === undefined ? ({ ok: true, value: null } as const) : await sentBefore(access, run.run, options.id);
  if (!earlier.ok) return refusal(earlier);
  const { value: known } = earlier;
  if (known !== null && known.command !== wish.request.command) {
    return say(`the id ${known.id} is a ${known.command}'s already: nothing was sent`);
  }
  if (wish.request.command === "stop" && !options.yes && known === null) {
    if (!mayAsk) throw new UsageError(NEEDS_YES);
    if (!(await confirm(`Stop run ${run.run} (${described(run)})?`))) return say("nothing was sent");
  }
  return carryOut(access, run, wish, known, options);
}

const NEEDS_YES = "stop ends a training: nobody can be asked here whether that is meant, so say --yes";

/** The command goes out, is followed, and its end is told. */
async function carryOut(
  access: Access,
  run: RunDetail,
  { request }: Wish,
  known: CommandRecord | null,
  options: SendOptions,
): Promise<number> {
  const { id, command } = request;
  const sent = await access.api().command(run.run, request);
  if (!sent.ok) {
    const unsure = sent.code === "unreachable" ? `; whether it arrived is not known, and sent again with --id ${id} it runs once` : "";
    return refusal(about(sent, run.run), unsure);
  }
  let news: CommandNews = known ?? { state: sent.value.state, by: null, global_step: null, error: null };
  const tell = (later: CommandNews) => {
    news = later;
    if (!options.json) process.stdout.write(`${command}: ${inWords(later)}\n`);
  };
  if (!options.json) process.stderr.write(`runcast: ${command} for run ${run.run} (${described(run)}), id ${id}\n`);
  // One that was refused at once is followed all the same: its event has the reason.
  const follows = known ? options.wait && !isTerminal(known.state) : options.wait || isTerminal(news.state);
  if (known || !follows) tell(news);
  const followed = follows ? await follow(access, run, id, known?.state ?? null, tell) : ({ kind: "ended" } as const);
  if (options.json) process.stdout.write(`${JSON.stringify({ run: run.run, id, command, ...told(news) })}\n`);
  return ending(followed, news, { run: run.run, command, id });
}

/** What a script reads; nothing else of a record. */
const told = ({ state, by, global_step, error }: CommandNews): CommandNews => ({ state, by, global_step, error });

/** Until its end, or Ctrl-C. */
async function follow(access: Access, run: RunDetail, id: string, from: CommandState | null, tell: (news: CommandNews) => void) {
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  process.on("SIGINT", leave);
  const followed = await followCommand({
    access,
    run: run.run,
    id,
    since: { log_id: run.log_id, offset: run.last_offset },
    from,
    tell,
    onAway: () => process.stderr.write("runcast: the relay does not answer; it is waited for while the command has time\n"),
    signal: leaving.signal,
    ms: COMMAND_TTL_MS + LATE_MS,
  });
  process.removeListener("SIGINT", leave);
  return followed;
}

/** @returns the exit code, after words where the end itself is not all */
function ending(followed: Followed, { state }: CommandNews, { run, command, id }: { run: string; command: string; id: string }): number {
  const again = `\`runcast send ${run} ${command} --id ${id}\` tells what became of it, and runs nothing twice`;
  switch (followed.kind) {
    case "ended":
      return isTerminal(state) && state !== "applied" ? EXIT_FAILED : 0;
    case "left":
      say(`no longer following; the ${command} goes on. ${again}`);
      return EXIT_INTERRUPTED;
    case "time_over":
      return say(`nothing was heard of the ${command}'s end in its time. ${again}`);
    case "refused":
      return say(`${followed.message} (${followed.code}); the ${command} goes on`);
  }
}

/** The run that is meant, as it is now: by its id, else the newest that the token may see. */
async function findRun(access: Access, named: string | null): Promise<Answer<RunDetail>> {
  if (named !== null) return detailOf(access, named);
  const runs = await access.api().runs();
  if (!runs.ok) return runs;
  const newest = runs.value[0];
  if (newest === undefined) return { ok: false, status: 404, code: "run_not_found", message: "there is no run that this token may see" };
  return detailOf(access, newest.run);
}

async function detailOf(access: Access, run: string): Promise<Answer<RunDetail>> {
  const answer = await access.api().run(run);
  return answer.ok ? answer : about(answer, run);
}

/** @returns the refusal with the run's name, unless nobody was there to say it */
const about = (answer: Refused, run: string): Refused =>
  answer.code === "unreachable" ? answer : { ...answer, message: `run ${run}: ${answer.message}` };

async function sentBefore(access: Access, run: string, id: string): Promise<Answer<CommandRecord | null>> {
  const answer = await access.api().commands(run);
  return answer.ok ? { ok: true, value: answer.value.find((command) => command.id === id) ?? null } : answer;
}

/** @returns the run's name, and where it is */
function described({ name, run, progress, status }: RunDetail): string {
  const step = progress?.global_step ?? progress?.step;
  const place = typeof step === "number" ? `step ${step}` : (status ?? "no step yet");
  return `${name ?? run}, ${place}`;
}

function inWords({ state, global_step, error }: CommandNews): string {
  const reason = error ? `: ${error}` : "";
  return `${state}${state === "applied" && typeof global_step === "number" ? ` at step ${global_step}` : ""}${reason}`;
}

/** @returns the exit code of what did not succeed */
function say(text: string): number {
  process.stderr.write(`runcast: ${text}\n`);
  return EXIT_FAILED;
}
