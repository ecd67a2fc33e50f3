import { randomBytes } from "node:crypto";
import type { AnyEvent, HookMessageOf } from "../../protocol/index.ts";
import type { Received } from "../ingest/ingest.ts";
import type { Spool } from "../spool/spool.ts";
import type { SampleFile } from "../translate/translator.ts";
import type { PendingSample } from "../uploads/uploader.ts";
import { createDigest, type DigestState, type Now } from "./digest.ts";
import type { ConsoleItem, TrainerExit } from "./ipc.ts";
import { baseRunInfo, type RunInfoFields } from "./run-info.ts";

/**
 * Collects input for a moment, has it made into events, and writes them to the spool in one transaction together with how far the
 * input was taken in; only then is it acknowledged. So a `kill -9` at any moment neither loses nor doubles anything.
 */
export type Intake = {
  hook(received: Received): void;
  console(item: ConsoleItem): void;
  /** An event made here on this machine: a measurement. */
  event(event: AnyEvent): void;
  /** The trainer's process is gone; all that it wrote was given before. */
  exited(exit: TrainerExit): void;
  /** The trainer runs. */
  begin(): void;
  /** Records all that was given so far. */
  flush(): void;
  /** @returns about how many bytes wait to be recorded */
  backlog(): number;
  /** @returns the newest console item that is recorded, 0 for none */
  consoleN(): number;
  runInfo(): RunInfoFields;
  close(): void;
};

export type IntakeOptions = {
  spool: Spool;
  /** Names this start of the trainer: what an earlier one left unfinished is not continued. */
  launch: string;
  name: string;
  nameIsExplicit: boolean;
  startedAt: string;
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

export function createIntake(options: IntakeOptions): Intake {
  const { spool, launch } = options;
  const saved = spool.recall(STATE_KEY) as Saved | undefined;
  const resumed = saved?.launch === launch ? saved.digest : null;
  if (!resumed) spool.transaction(() => spool.forgetProcess());
  const beginning = { runInfo: baseRunInfo(options.name, options.startedAt), at: Date.now() };
  const digest = createDigest(resumed ?? beginning, options.nameIsExplicit);

  let waiting = nothing();
  let consoleN = resumed?.consoleN ?? 0;
  let timer: NodeJS.Timeout | null = null;
  let timerAt = 0;
  let ranAt = Number.NEGATIVE_INFINITY;

  const flush = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    ranAt = performance.now();
    const batch = waiting;
    waiting = nothing();
    const { events, samples } = digest.take(batch, clocks());
    spool.transaction(() => {
      for (const event of events) spool.add(event);
      for (const sample of samples) spool.uploads.add({ ...sample, sample_id: sampleId(sample) } satisfies PendingSample);
      for (const { session, message } of batch.hook) {
        spool.setHookNumber(session, message.n);
        if (message.type === "command_update") spool.commandUpdates.add(commandUpdate(message));
      }
      spool.remember(STATE_KEY, { launch, digest: digest.state() } satisfies Saved);
    });
    acknowledge(batch);
    options.onRecorded();
    const due = digest.dueIn(clocks());
    if (due !== null) wake(due);
  };

  const acknowledge = (batch: Waiting): void => {
    const newest = new Map(batch.hook.map(({ connection, message }) => [connection, message.n]));
    for (const [connection, n] of newest) connection.acknowledge(n);
    const item = batch.console.at(-1);
    if (!item) return;
    consoleN = item.n;
    options.onConsole(consoleN);
  };

  /** Runs after `ms`, or earlier where that was agreed; never twice in a tick, though a lone message goes at once. */
  const wake = (ms: number): void => {
    const now = performance.now();
    const at = Math.max(now + ms, ranAt + TICK_MS);
    if (timer && at >= timerAt) return;
    if (timer) clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(flush, at - now);
  };

  return {
    hook: (received) => {
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
      waiting.own.push(event);
      wake(0);
    },
    exited: (exit) => {
      waiting.exit = exit;
      flush();
    },
    begin: () => wake(0),
    flush,
    backlog: () => waiting.bytes,
    consoleN: () => consoleN,
    runInfo: digest.runInfo,
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
