import { randomBytes } from "node:crypto";
import { type AnyEvent, type HookMessageOf, LATEST_WINS } from "../../protocol/index.ts";
import type { Received } from "../ingest/ingest.ts";
import type { Say } from "../log.ts";
import { createPrivacy, type PrivacyWish } from "../privacy/privacy.ts";
import { FULL_DISK_RETRY_MS } from "../spool/full-disk.ts";
import type { Spool } from "../spool/spool.ts";
import type { SampleFile } from "../translate/translator.ts";
import type { PendingSample } from "../uploads/uploader.ts";
import { createDigest, type DigestState, type Now } from "./digest.ts";
import { createDiskOutage } from "./disk-outage.ts";
import { createHookAcks } from "./hook-acks.ts";
import type { ConsoleItem, TrainerExit } from "./ipc.ts";
import { baseRunInfo, type RunInfoFields } from "./run-info.ts";

/**
 * Collects input for a moment, has it made into events, and writes them to the spool in one transaction together with how far the
 * input was taken in; only then is it acknowledged. So a `kill -9` at any moment neither loses nor doubles anything.
 *
 * On a full disk (PR4) one moment is held as the events that it became, and what comes after it as it came; neither is acknowledged, so hooks and
 * launcher hold what follows, and thin it out in their own bounds.
 */
export type Intake = {
  hook(received: Received): void;
  console(item: ConsoleItem): void;
  /** An event made here on this machine: a measurement. */
  event(event: AnyEvent): void;
  /** The trainer's process is gone; all that it wrote was given before. */
  exited(exit: TrainerExit): void;
  /** The trainer runs. */
  begin(pid: number): void;
  /** Records all that was given so far. */
  flush(): void;
  /** @returns about how many bytes wait to be recorded */
  backlog(): number;
  /** @returns how many events a full disk has not taken, 0 where all that was given is recorded */
  unrecorded(): number;
  /** @returns the newest console item that is recorded, 0 for none */
  consoleN(): number;
  runInfo(): RunInfoFields;
  /** @returns the newest global step that is recorded, null where none was told */
  lastStep(): number | null;
  close(): void;
};

export type IntakeOptions = {
  spool: Spool;
  /** Names this start of the trainer: what an earlier one left unfinished is not continued. */
  launch: string;
  name: string;
  nameIsExplicit: boolean;
  startedAt: string;
  privacy: PrivacyWish;
  say: Say;
  /** Everything up to this console item is in the spool. */
  onConsole: (n: number) => void;
  /** The spool may hold something new. */
  onRecorded: () => void;
};

/** Input is collected this long: few transactions, and far below what an eye notices. */
const TICK_MS = 50;
/** In the spool; the prefix makes it end with its process. */
const STATE_KEY = "process.intake";

type Saved = { launch: string; digest: DigestState };
type Waiting = { hook: Received[]; console: ConsoleItem[]; own: AnyEvent[]; exit: TrainerExit | null; bytes: number };
/** A moment's input and what it became. */
type Moment = { batch: Waiting; events: AnyEvent[]; samples: PendingSample[] };

export function createIntake(options: IntakeOptions): Intake {
  const { spool, launch } = options;
  const saved = spool.recall(STATE_KEY) as Saved | undefined;
  const resumed = saved?.launch === launch ? saved.digest : null;
  // What an earlier process left does no harm where a full disk keeps it: its session, its launch and its commands are over.
  if (!resumed) spool.write(() => spool.forgetProcess());
  const beginning = { runInfo: baseRunInfo(options.name, options.startedAt), at: Date.now() };
  const digest = createDigest(resumed ?? beginning, options.nameIsExplicit);
  const privacy = createPrivacy(options.privacy);
  const acks = createHookAcks();
  const outage = createDiskOutage();

  let waiting = nothing();
  /** Not recorded yet, because the disk is full. */
  let held: Moment | null = null;
  let consoleN = resumed?.consoleN ?? 0;
  let timer: NodeJS.Timeout | null = null;
  let timerAt = 0;
  let ranAt = Number.NEGATIVE_INFINITY;

  const flush = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    ranAt = performance.now();
    if (!held || record(held)) {
      const batch = waiting;
      waiting = nothing();
      const { events, samples } = digest.take(batch, clocks());
      const shown = privacy.samples(samples);
      record({ batch, events: privacy.events(events), samples: shown.map((sample) => ({ ...sample, sample_id: sampleId(sample) })) });
    }
    options.onRecorded();
    const due = held ? FULL_DISK_RETRY_MS : digest.dueIn(clocks());
    if (due !== null) wake(due);
  };

  /** @returns false where the disk is full: the moment is held */
  const record = (moment: Moment): boolean => {
    const now = Date.now();
    const kept = spool.write(() => {
      for (const event of [...outage.report(now), ...moment.events]) spool.add(event);
      for (const sample of moment.samples) spool.uploads.add(sample);
      for (const { session, message } of moment.batch.hook) {
        spool.setHookNumber(session, message.n);
        if (message.type === "command_update") spool.commandUpdates.add(commandUpdate(message));
      }
      spool.remember(STATE_KEY, { launch, digest: digest.state() } satisfies Saved);
    });
    held = kept ? null : moment;
    if (kept) {
      outage.end();
      acknowledge(moment.batch);
    } else {
      outage.begin(now);
      options.say("warning", "the disk of the agent's spool is full: what happens is held in memory for now; training goes on");
    }
    return kept;
  };

  const acknowledge = (batch: Waiting): void => {
    const newest = new Map(batch.hook.map(({ session, message }) => [session, message.n]));
    for (const [session, n] of newest) acks.recorded(session, n);
    const item = batch.console.at(-1);
    if (!item) return;
    consoleN = item.n;
    options.onConsole(consoleN);
  };

  /** Runs after `ms`, or earlier where that was agreed; never twice in a tick, though a lone message goes at once. */
  const wake = (ms: number): void => {
    const now = performance.now();
    const at = Math.max(now + ms, ranAt + (held ? FULL_DISK_RETRY_MS : TICK_MS));
    if (timer && at >= timerAt) return;
    if (timer) clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(flush, at - now);
  };

  return {
    hook: (received) => {
      if (!acks.take(received.connection, received.session, received.message.n)) return;
      waiting.hook.push(received);
      waiting.bytes += received.bytes;
      wake(0);
    },
    console: (item) => {
      waiting.console.push(item);
      waiting.bytes += item.kind === "bytes" ? item.bytes.length : 0;
      wake(0);
    },
    event: (event) => {
      // Nobody else holds these: while nothing can be written, a newer measurement takes the place of an older one.
      const older = held && LATEST_WINS.has(event.type) ? waiting.own.findIndex(({ type }) => type === event.type) : -1;
      if (older >= 0) {
        waiting.own.splice(older, 1);
        outage.leftOut();
      }
      waiting.own.push(event);
      wake(0);
    },
    exited: (exit) => {
      waiting.exit = exit;
      flush();
    },
    begin: (pid) => {
      digest.started(pid);
      wake(0);
    },
    flush,
    backlog: () => waiting.bytes + (held?.batch.bytes ?? 0),
    unrecorded: () => (held ? held.events.length + waiting.hook.length + waiting.console.length + waiting.own.length : 0),
    consoleN: () => consoleN,
    runInfo: () => privacy.texts(digest.runInfo()),
    lastStep: () => digest.state().translator.last_step,
    close: () => {
      if (timer) clearTimeout(timer);
    },
  };
}

const nothing = (): Waiting => ({ hook: [], console: [], own: [], exit: null, bytes: 0 });
const clocks = (): Now => ({ wall: Date.now(), monotonic: performance.now() });

/** Made once, when the sample becomes known: a repeated attempt to upload it announces the same one. */
function sampleId({ step }: SampleFile): string {
  return `${step ?? "x"}-${randomBytes(6).toString("hex")}`;
}

/** What the room is told about a command: without the numbering between hook and agent. */
function commandUpdate({ id, state, global_step, error }: HookMessageOf<"command_update">): unknown {
  return { type: "command_update", id, state, global_step: global_step ?? null, error: error ?? null };
}
