import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Readable, Stream } from "node:stream";
import type { Say } from "../log.ts";
import type { AgentConfig, ConsoleSource } from "../session/ipc.ts";
import { exitCode, startFailure } from "./exit-code.ts";
import { createFeed } from "./feed.ts";
import { ignoringHangup, underNohup } from "./nohup.ts";
import { passThrough } from "./pass-through.ts";
import { closeWriteEnds, openPipes } from "./pipes.ts";
import { passSignals } from "./signals.ts";
import { superviseAgent } from "./supervisor.ts";

export type LaunchOptions = {
  command: readonly string[];
  /** The trainer's environment. */
  env: NodeJS.ProcessEnv;
  /** What the agent needs, but for what is known only once the trainer runs. */
  config: Omit<AgentConfig, "trainer">;
  /** Where pipes may have a name for a moment. */
  scratch: string;
  say: Say;
  /** Called once the trainer runs. */
  onStarted: () => void;
};

/** The trainer has ended; who still holds its output are processes that it left running. */
const OUTPUT_AFTER_EXIT_MS = 1000;
/** More than an agent takes to deliver the end: one that says nothing by then hangs. */
const AGENT_END_MS = 15_000;

type Trainer = { child: ChildProcess; outputs: Readable[]; shared: (number | Stream)[] };
type Exit = { code: number | null; signal: NodeJS.Signals | null };

/**
 * Runs a command as a shell would, and has an agent watch it.
 * @returns the command's exit code, as a shell gives it
 */
export async function launch({ command, env, config, scratch, say, onStarted }: LaunchOptions): Promise<number> {
  const nohup = underNohup();
  const [program = "", ...args] = nohup ? ignoringHangup(command) : command;
  const trainer = startTrainer(program, args, env, scratch);
  const signals = passSignals((signal) => {
    if (!(nohup && signal === "SIGHUP")) trainer.child.kill(signal);
  });
  const exited = new Promise<Exit>((resolve) => trainer.child.once("exit", (code, signal) => resolve({ code, signal })));
  const failed = await started(trainer.child);
  if (failed) {
    const { code, message } = startFailure(program, failed);
    say("error", message);
    return code;
  }
  onStarted();

  const feed = createFeed();
  const agent = superviseAgent({
    config: { ...config, trainer: { pid: trainer.child.pid ?? 0, startedAt: new Date().toISOString() } },
    pipes: trainer.shared,
    feed,
    say,
  });
  const sources: readonly [ConsoleSource, number][] = [
    ["stdout", 1],
    ["stderr", 2],
  ];
  const passed = sources.map(([source, fd], index) =>
    passThrough(trainer.outputs[index] as Readable, fd, (bytes) => {
      feed.push(source, bytes, Date.now());
      agent.poke();
    }),
  );

  const exit = await exited;
  const left = new Promise<"left">((resolve) => signals.trainerGone(() => resolve("left")));
  const output = await Promise.race([Promise.all(passed), left, after(OUTPUT_AFTER_EXIT_MS, "open" as const)]);
  const end = { type: "exited", exit: { ...exit, passedOn: signals.passedOn() }, outputOpen: output === "open" } as const;
  const told = await Promise.race([agent.finish(end, AGENT_END_MS), left]);
  if (told === "gave_up") say("warning", `the agent does not answer; what it could not deliver is kept in ${config.spool}`);
  agent.leave();
  signals.stop();
  return exitCode(exit.code, exit.signal);
}

/** The trainer's pipes are real ones where the system can make them, else what Node makes. */
function startTrainer(program: string, args: readonly string[], env: NodeJS.ProcessEnv, scratch: string): Trainer {
  const pipes = openPipes(scratch, 2);
  if (!pipes) {
    const child = spawn(program, args, { stdio: ["inherit", "pipe", "pipe"], env });
    return { child, outputs: [child.stdout, child.stderr], shared: [child.stdout, child.stderr] };
  }
  const child = spawn(program, args, { stdio: ["inherit", ...pipes.map(({ write }) => write)], env });
  closeWriteEnds(pipes);
  const shared = pipes.map(({ read }) => read);
  return { child, outputs: shared.map((fd) => new Socket({ fd, readable: true, writable: false })), shared };
}

/** @returns why the command could not be started, or null once it runs */
function started(child: ChildProcess): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    child.once("spawn", () => resolve(null));
    child.once("error", resolve);
  });
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms).unref());
}
