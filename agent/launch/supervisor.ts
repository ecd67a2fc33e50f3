import { type ChildProcess, type Serializable, type StdioOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Say } from "../log.ts";
import { type AgentConfig, type AgentToLauncher, EXIT_BUSY, EXIT_REFUSED, type LauncherToAgent } from "../session/ipc.ts";
import { after } from "./after.ts";
import type { Feed } from "./feed.ts";

export type SupervisorOptions = {
  config: AgentConfig;
  /** Read ends of the trainer's stdout and stderr; null where the system gives none that two processes can hold. */
  pipes: readonly (number | null)[];
  feed: Feed;
  say: Say;
};

/**
 * `finished`: recorded, and delivered as far as that was possible. `busy`: another agent works on this run, so nothing was recorded.
 * `refused`: neither was it, since a folder is not this user's alone, which was said. `gave_up`: no answer in time.
 */
export type AgentEnd = "finished" | KeptOut | "gave_up";
/** Why agents end that are in order themselves. They are started again: what keeps them out may have gone. */
type KeptOut = "busy" | "refused";
const KEPT_OUT: ReadonlyMap<number | null, KeptOut> = new Map([
  [EXIT_BUSY, "busy"],
  [EXIT_REFUSED, "refused"],
]);

export type Supervisor = {
  /** @returns when hooks can connect, when the agent has died, or after `ms` milliseconds */
  ready(ms: number): Promise<void>;
  /** The trainer runs. */
  attach(pid: number): void;
  /** The feed has something new. */
  poke(): void;
  /**
   * Tells the agent of the trainer's end, after all console output.
   * @param ms how long that may take, in milliseconds
   */
  finish(ended: Extract<LauncherToAgent, { type: "exited" }>, ms: number): Promise<AgentEnd>;
  /** Lets go of the agent, which ends by itself once it has told what it knows. */
  leave(): void;
};

/** The hidden subcommand that is the agent's process. */
export const AGENT_SUBCOMMAND = "_agent";

const RESPAWN_BASE_MS = 250;
const RESPAWN_CAP_MS = 30_000;
/** An agent that lived this long did not die of its start. */
const HEALTHY_MS = 30_000;

const MAIN = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../cli/main.ts" : "../cli/main.js", import.meta.url));

/** Keeps an agent process alive, and it supplied with console output. Nothing here ever waits for it. */
export function superviseAgent({ config, pipes, feed, say }: SupervisorOptions): Supervisor {
  let agent: ChildProcess | null = null;
  let ready = false;
  let deaths = 0;
  let timer: NodeJS.Timeout | null = null;
  let over = false;
  let ended: Extract<LauncherToAgent, { type: "exited" }> | null = null;
  let attachTold = false;
  let endTold = false;
  let trainer: number | null = null;
  const firstWord = Promise.withResolvers<void>();
  let keptOut: KeptOut | null = null;
  const finished = Promise.withResolvers<AgentEnd>();

  const send = (message: LauncherToAgent): void => {
    // The callback takes the error of an agent that has just died; its `exit` tells it as well.
    if (agent?.connected) agent.send(message as Serializable, () => undefined);
  };

  const supply = (): void => {
    if (!ready) return;
    for (const item of feed.next()) send({ type: "console", item });
    if (trainer !== null && !attachTold) {
      attachTold = true;
      send({ type: "attached", pid: trainer });
    }
    if (ended && !endTold && feed.allSent()) {
      endTold = true;
      send(ended);
    }
  };

  const heard = (message: AgentToLauncher): void => {
    switch (message.type) {
      case "ready":
        feed.restart(message.consoleN);
        ready = true;
        keptOut = null;
        firstWord.resolve();
        supply();
        return;
      case "console_ack":
        feed.acknowledge(message.n);
        supply();
        return;
      case "say":
        say(message.level, message.text);
        return;
      case "finished":
        finished.resolve("finished");
        return;
    }
  };

  const start = (): void => {
    const startedAt = Date.now();
    const stdio: StdioOptions = ["ignore", "inherit", "inherit", ...pipes.map((pipe) => pipe ?? "ignore"), "ipc"];
    // A session of its own: neither Ctrl-C nor the end of the terminal reaches it. The flag silences what Node says about its SQLite.
    const args = ["--disable-warning=ExperimentalWarning", MAIN, AGENT_SUBCOMMAND];
    const child = spawn(process.execPath, args, { stdio, serialization: "advanced", detached: true, windowsHide: true });
    agent = child;
    ready = false;
    attachTold = false;
    endTold = false;
    let gone = false;
    const died = (how: string, code: number | null): void => {
      if (gone || over) return;
      gone = true;
      firstWord.resolve();
      ready = false;
      if (Date.now() - startedAt > HEALTHY_MS) deaths = 0;
      keptOut = KEPT_OUT.get(code) ?? null;
      if (keptOut && ended) finished.resolve(keptOut);
      if (!keptOut) say("warning", `the agent ended (${how}) and is started again; training goes on, nothing is lost`);
      timer = setTimeout(start, Math.min(RESPAWN_CAP_MS, RESPAWN_BASE_MS * 2 ** deaths));
      deaths += 1;
    };
    child.on("message", (message) => heard(message as AgentToLauncher));
    child.on("error", (error) => died(error.message, null));
    child.on("exit", (code, signal) => died(signal ?? `code ${code}`, code));
    send({ type: "start", config });
  };

  const leave = (): void => {
    over = true;
    if (timer) clearTimeout(timer);
    if (agent?.connected) agent.disconnect();
    agent?.unref();
  };

  start();
  return {
    ready: (ms) => Promise.race([firstWord.promise, after(ms, undefined)]),
    attach: (pid) => {
      trainer = pid;
      supply();
    },
    poke: supply,
    finish: (message, ms) => {
      ended = message;
      if (keptOut && !ready) finished.resolve(keptOut);
      supply();
      return Promise.race([finished.promise, after(ms, "gave_up" as const)]);
    },
    leave,
  };
}
