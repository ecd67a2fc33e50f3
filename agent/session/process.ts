import { type Say, sayOnce, shownLevel, writeStderr } from "../log.ts";
import { type AgentConfig, type AgentToLauncher, EXIT_BUSY, EXIT_REFUSED, type LauncherToAgent, type TrainerExit } from "./ipc.ts";
import { remainder } from "./remainder.ts";
import { type Session, type StartedSession, startSession } from "./session.ts";
import { readOn, takeOver } from "./takeover.ts";

/**
 * The agent's process, a child of the launcher in a session of its own, so that nothing that is typed at the terminal reaches it.
 * When the launcher dies it takes the launcher's place: the trainer must not notice.
 */
export async function runAgentProcess(): Promise<void> {
  // AC7: whatever it writes is its user's alone, also in a folder that was there before and is open to others.
  process.umask(0o077);
  // Meant for the trainer. What ends an agent is the end of its trainer, or SIGKILL.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) process.on(signal, () => undefined);
  process.on("uncaughtException", failed);
  const launcherGone = Promise.withResolvers<"gone">();
  const end = Promise.withResolvers<Extract<LauncherToAgent, { type: "exited" }>>();
  const start = Promise.withResolvers<AgentConfig>();
  const attached = Promise.withResolvers<number>();
  let session: Session | null = null;
  process.on("disconnect", () => launcherGone.resolve("gone"));
  process.on("message", (message: LauncherToAgent) => {
    switch (message.type) {
      case "start":
        start.resolve(message.config);
        return;
      case "attached":
        attached.resolve(message.pid);
        return;
      case "console":
        session?.console(message.item);
        return;
      case "exited":
        end.resolve(message);
        return;
    }
  });

  const config = await Promise.race([start.promise, launcherGone.promise]);
  if (config === "gone") return;
  const say = sayer();
  const started = await startSession({ config, say, onConsole: (n) => tell({ type: "console_ack", n }) });
  if (!started.ok) {
    notStarted(say, started);
    process.disconnect?.();
    return;
  }
  session = started.session;
  tell({ type: "ready", consoleN: session.consoleN() });
  const pid = await Promise.race([attached.promise, launcherGone.promise]);
  if (pid === "gone") {
    session.abandon();
    return;
  }
  session.attach(pid);

  const ended = await Promise.race([end.promise, launcherGone.promise]);
  const exit: TrainerExit = ended === "gone" ? await takeOver(session, pid) : ended.exit;
  const remaining = await session.finish(exit);
  remainder(say, remaining, config);
  tell({ type: "finished" });
  if (ended === "gone") return;
  await launcherGone.promise;
  if (ended.outputOpen) await readOn();
}

/** Why nothing is recorded, once, and for the launcher whether that needs more words than these. */
function notStarted(say: Say, { reason, message }: Extract<StartedSession, { ok: false }>): void {
  switch (reason) {
    case "busy":
      say("warning", `${message}; training goes on, and this agent tries again`);
      process.exitCode = EXIT_BUSY;
      return;
    case "refused":
      say("error", `${message}; training goes on, unwatched until then`);
      process.exitCode = EXIT_REFUSED;
      return;
    case "failed":
      say("error", `${message}; training goes on, and this agent tries again`);
      process.exitCode = 1;
      return;
  }
}

/**
 * A failure (a full disk, a defect) ends this process, and the launcher starts another one from what the spool holds. Without a launcher
 * the trainer's output still has to be read: a crippled agent is better for it than none.
 */
function failed(error: Error): void {
  const text = `the agent failed: ${error.message}`;
  if (!process.connected) {
    writeStderr(`runcast: ${text}`);
    return;
  }
  tell({ type: "say", level: "error", text });
  tell({ type: "say", level: "debug", text: error.stack ?? "" });
  setImmediate(() => process.exit(1));
}

function tell(message: AgentToLauncher): void {
  // Fails when the launcher has just died, which `disconnect` tells as well.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** Through the launcher, which knows what earlier agents have said; by itself when there is none any more. */
function sayer(): Say {
  const direct = sayOnce(shownLevel(process.env), writeStderr);
  return (level, text) => (process.connected ? tell({ type: "say", level, text }) : direct(level, text));
}
