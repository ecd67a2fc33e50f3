import { dirname } from "node:path";
import { spoolFolders } from "../config/paths.ts";
import { removeHookFile, writeHookFile } from "../ingest/hook-file.ts";
import { startIngest } from "../ingest/ingest.ts";
import type { Say } from "../log.ts";
import { openSpool, type Spool } from "../spool/spool.ts";
import { startStats } from "../stats/collector.ts";
import { agentTokens } from "../uplink/credentials.ts";
import { createUplink } from "../uplink/uplink.ts";
import { startUploader } from "../uploads/uploader.ts";
import { createCommandDesk } from "./command-desk.ts";
import { createIntake } from "./intake.ts";
import { createInterrupts } from "./interrupt.ts";
import type { AgentConfig, ConsoleItem, TrainerExit } from "./ipc.ts";
import { type PrivateFolder, privateFolder } from "./private-folder.ts";
import { AGENT_NAME, AGENT_VERSION } from "./version.ts";

/** What a run's end left undelivered. */
export type Remaining = { events: number; samples: number };

/** One run watched: hooks and console come in, events go out. */
export type Session = {
  /** The trainer runs: its run is told to the room. */
  attach(pid: number): void;
  /** There will be no trainer. */
  abandon(): void;
  /** @returns the newest console item in the spool, 0 for none */
  consoleN(): number;
  console(item: ConsoleItem): void;
  /** @returns about how many bytes wait to be recorded */
  backlog(): number;
  /** The trainer is gone: tells it, waits for what can be delivered, and ends the session. */
  finish(exit: TrainerExit): Promise<Remaining>;
};

export type SessionOptions = { config: AgentConfig; say: Say; onConsole: (n: number) => void };
export type StartedSession = { ok: true; session: Session } | { ok: false; reason: "busy" | "refused" | "failed"; message: string };

const STATS_EVERY_MS = 2000;
/** How long the end of a run may wait for a relay that answers. */
const DELIVERY_MS = 10_000;
/** A trainer that has ended: its hook's last words are on their way to us. */
const LAST_WORDS_MS = 2000;
/** Hooks are not read while this much waits to be recorded; they hold and thin out by themselves. */
const BACKLOG_BYTES = 16 * 1024 * 1024;

/**
 * Opens the run's spool and the port for hooks. Nothing goes to the room before `attach`: a command that cannot be started leaves no trace.
 * @returns why not, where another agent holds the spool, it cannot be opened, or a folder is not this user's alone
 */
export async function startSession({ config, say, onConsole }: SessionOptions): Promise<StartedSession> {
  const folders = privateFolders(config);
  if (!folders.ok) return { ok: false, reason: "refused", message: folders.message };
  const opened = openSpool(config.spool, { bytes: config.spoolBytes, say });
  if (!opened.ok) return opened;
  const { spool } = opened;
  const { launch, name, nameIsExplicit, run, relay, credentials, startedAt } = config;
  const tokens = agentTokens(credentials, run);
  let finishing: (() => void) | null = null;
  let over = false;
  const stats = new AbortController();

  const changed = () => {
    if (over) return;
    ingest.hold(intake.backlog() > BACKLOG_BYTES);
    // What a full disk has not taken may still get there: the end of the run is among it.
    if (intake.unrecorded() > 0) return;
    const delivered = uploader.open() === 0 && uplink.outcome() === "done";
    if (delivered || uplink.outcome() === "given_up") finishing?.();
  };
  const recorded = () => {
    if (over) return;
    uplink.poke();
    uploader.poke();
  };
  const intake = createIntake({
    spool,
    launch,
    name,
    nameIsExplicit,
    startedAt,
    privacy: config.privacy,
    say,
    onConsole,
    onRecorded: recorded,
  });
  const interrupts = createInterrupts({ allowed: config.allowInterrupt, launch, spool, say });
  const ingest = await startIngest({
    receive: (received) => {
      const heard = interrupts.heard(received);
      intake.hook(heard);
      // Or it was a stop that was turned down and became an interrupt: the trainer's end answers that, and nobody else.
      if (heard.message.type === "command_update") commands.answered(heard.message.id);
      if (intake.backlog() > BACKLOG_BYTES) ingest.hold(true);
    },
    recordedUpTo: (session) => {
      intake.flush();
      return spool.hookNumber(session);
    },
    hooksChanged: () => {
      if (!over) commands.hooksChanged();
    },
  });
  writeHookFile(config.hookFile, { protocol: 1, host: "127.0.0.1", port: ingest.port, token: ingest.token });
  const commands = createCommandDesk({
    spool,
    launch,
    hooks: ingest,
    onPass: interrupts.handed,
    unheard: interrupts.unheard,
    onAnswer: recorded,
    clock: () => performance.now(),
  });
  const uplink = createUplink({
    relay,
    run,
    tokens,
    spool,
    say,
    agent: { name: AGENT_NAME, version: AGENT_VERSION },
    runInfo: intake.runInfo,
    onCommand: commands.take,
    onLive: () => uploader.poke(),
    onChange: changed,
  });
  const uploader = startUploader({
    spool,
    target: () => ({ relay: relay.http, run, token: tokens.show(Date.now()) }),
    isLive: uplink.isLive,
    say,
    onRecorded: recorded,
  });

  const close = () => {
    over = true;
    stats.abort();
    const unrecorded = intake.unrecorded();
    if (unrecorded > 0) say("warning", `the disk of the spool is full: ${unrecorded} events or lines of the run's end are lost`);
    for (const part of [uplink, uploader, intake, commands, ingest]) part.close();
    removeHookFile(config.hookFile);
    const { acked, sent, waiting } = spool.outbox.figures();
    const remaining = { events: sent - acked + waiting, samples: spool.uploads.count() };
    if (remaining.events + remaining.samples > 0) spool.close();
    else spool.destroy();
    return remaining;
  };
  const finish = async (exit: TrainerExit): Promise<Remaining> => {
    await ingest.quiet(LAST_WORDS_MS);
    stats.abort();
    intake.flush();
    // Before the end that they led to: an answer to a command of a run that is over may come too late.
    const stops = interrupts.answered();
    if (answerStops(stops, spool, intake.lastStep())) recorded();
    for (const id of stops) commands.answered(id);
    commands.trainerGone();
    intake.exited(interrupts.ended(exit));
    await new Promise<void>((resolve) => {
      finishing = resolve;
      setTimeout(resolve, DELIVERY_MS).unref();
      uplink.finish();
    });
    return close();
  };
  const attach = (pid: number) => {
    interrupts.attached(pid);
    intake.begin(pid);
    uplink.start();
    startStats({ pid: () => pid, every_ms: STATS_EVERY_MS, onStats: intake.event, signal: stats.signal });
  };
  const { consoleN, console, backlog } = intake;
  return { ok: true, session: { attach, abandon: () => void close(), consoleN, console, backlog, finish } };
}

/** Before anything is written there (AC7). @returns the first that is not this user's alone */
function privateFolders({ hookFile, spool }: AgentConfig): PrivateFolder {
  const { named, relay } = spoolFolders(spool);
  const forEvents = { holds: "events that wait", variable: "RUNCAST_SPOOL" };
  for (const [path, wish] of [
    [dirname(hookFile), { holds: "hook files", variable: "XDG_RUNTIME_DIR", onlyFolders: false }],
    [named, { ...forEvents, onlyFolders: true }],
    [relay, { ...forEvents, onlyFolders: false }],
  ] as const) {
    const folder = privateFolder(path, wish);
    if (!folder.ok) return folder;
  }
  return { ok: true };
}

/** The trainer's end is what an interrupt was to bring about. @returns whether there is anything to send */
function answerStops(ids: readonly string[], spool: Spool, global_step: number | null): boolean {
  const updates = ids.map((id) => ({ type: "command_update", id, state: "applied", global_step, error: null }));
  return updates.length > 0 && spool.write(() => updates.forEach((update) => void spool.commandUpdates.add(update)));
}
