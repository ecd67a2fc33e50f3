import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { Say } from "../log.ts";
import type { AgentConfig, ConsoleSource } from "../session/ipc.ts";
import { after } from "./after.ts";
import { exitCode, startFailure } from "./exit-code.ts";
import { createFeed } from "./feed.ts";
import { ignoringHangup, underNohup } from "./nohup.ts";
import { passThrough } from "./pass-through.ts";
import { closeWriteEnds, openPipes, type Pipe } from "./pipes.ts";
import { passSignals } from "./signals.ts";
import { superviseAgent } from "./supervisor.ts";

export type LaunchOptions = {
  command: readonly string[];
  /** The trainer's environment. */
  env: NodeJS.ProcessEnv;
  config: AgentConfig;
  /** Where pipes may have a name for a moment. */
  scratch: string;
  say: Say;
  /** Called once the trainer runs. */
  onStarted: () => void;
};

/** The agent's start takes a third of a second; one that does not answer does not hold the training up for long. */
const AGENT_START_MS = 3000;
/** The trainer has ended; who still holds its output are processes that it left running. */
const OUTPUT_AFTER_EXIT_MS = 1000;
/** More than an agent takes to deliver the end: one that says nothing by then hangs. */
const AGENT_END_MS = 15_000;

const OUTPUTS: readonly { source: ConsoleSource; fd: number }[] = [
  { source: "stdout", fd: 1 },
  { source: "stderr", fd: 2 },
];

type Exit = { code: number | null; signal: NodeJS.Signals | null };

/**
 * Runs a command as a shell would, and has an agent watch it. The agent is started first, so that not even the first moments of a
 * training are missed.
 * @returns the command's exit code, as a shell gives it
 */
export async function launch({ command, env, config, scratch, say, onStarted }: LaunchOptions): Promise<number> {
  const nohup = underNohup();
  const [program = "", ...args] = nohup ? ignoringHangup(command) : command;
  let child: ChildProcess | null = null;
  const signals = passSignals((signal) => {
    // A child that could not be started has no pid: a signal to it would go to our own process group.
    if (child?.pid !== undefined && !(nohup && signal === "SIGHUP")) child.kill(signal);
  });
  const pipes = openPipes(scratch, OUTPUTS.length);
  const feed = createFeed();
  const agent = superviseAgent({ config, pipes: OUTPUTS.map((_, index) => pipes?.[index]?.shared ?? null), feed, say });
  await agent.ready(AGENT_START_MS);
  const early = signals.passedOn();
  if (early) {
    agent.leave();
    return exitCode(null, early);
  }

  child = spawn(program, args, { stdio: ["inherit", ...(pipes ? pipes.map(({ write }) => write) : (["pipe", "pipe"] as const))], env });
  if (pipes) closeWriteEnds(pipes);
  const trainer = child;
  const exited = new Promise<Exit>((resolve) => trainer.once("exit", (code, signal) => resolve({ code, signal })));
  const failed = await started(trainer);
  if (failed) {
    agent.leave();
    const { code, message } = startFailure(program, failed);
    say("error", message);
    return code;
  }
  agent.attach(trainer.pid ?? 0);
  onStarted();
  const passed = OUTPUTS.map(({ source, fd }) =>
    passThrough(outputOf(trainer, source, pipes), fd, (bytes) => {
      feed.push(source, bytes, Date.now());
      agent.poke();
    }),
  );

  const exit = await exited;
  const left = new Promise<"left">((resolve) => signals.trainerGone(() => resolve("left")));
  const output = await Promise.race([Promise.all(passed), left, after(OUTPUT_AFTER_EXIT_MS, "open" as const)]);
  const end = { type: "exited", exit: { ...exit, passedOn: signals.passedOn() }, outputOpen: output === "open" } as const;
  const told = await Promise.race([agent.finish(end, AGENT_END_MS), left]);
  if (told === "busy") say("warning", "another agent works on this run, so nothing of this command was recorded");
  if (told === "gave_up") say("warning", `the agent does not answer; what it could not deliver is kept in ${config.spool}`);
  agent.leave();
  signals.stop();
  return exitCode(exit.code, exit.signal);
}

/** Our own end of a pipe where the system could make one, else what Node made. */
function outputOf(trainer: ChildProcess, source: ConsoleSource, pipes: readonly Pipe[] | null): Readable {
  const made = trainer[source];
  if (made) return made;
  const pipe = pipes?.[OUTPUTS.findIndex((output) => output.source === source)];
  if (!pipe) throw new Error(`the trainer has no ${source}`);
  return new Socket({ fd: pipe.read, readable: true, writable: false });
}

/** @returns why the command could not be started, or null once it runs */
function started(child: ChildProcess): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    child.once("spawn", () => resolve(null));
    child.once("error", resolve);
  });
}
