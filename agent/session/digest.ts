import type { HookMessage } from "../../protocol/index.ts";
import { type AnyEvent, THROTTLE_MS } from "../../protocol/index.ts";
import { createConsole } from "../console/console.ts";
import { createTrainingHealth, type HealthState, initialHealth } from "../health/training-health.ts";
import type { Received } from "../ingest/ingest.ts";
import { createThrottle } from "../throttle/throttle.ts";
import { createTranslator, type SampleFile, type Translated, type TranslatorState } from "../translate/translator.ts";
import { agentLog } from "./agent-log.ts";
import type { ConsoleItem, ConsoleSource, TrainerExit } from "./ipc.ts";
import { joinRunInfo, newGpus, type RunInfoFields } from "./run-info.ts";

/** What came in during one moment. */
export type Batch = {
  hook: readonly Pick<Received, "session" | "message">[];
  console: readonly ConsoleItem[];
  /** Events that were made on this machine: measurements. */
  own: readonly AnyEvent[];
  exit: TrainerExit | null;
};

/** Everything that has to survive this process, as JSON. */
export type DigestState = {
  translator: TranslatorState;
  consoles: Record<ConsoleSource, ConsoleState>;
  /** Newest console item that was taken in. */
  consoleN: number;
  runInfo: RunInfoFields;
  /** Of digests from before it was judged it is missing. */
  health?: HealthState;
  /** The end of the trainer's process was told. */
  over: boolean;
};

type ConsoleState = ReturnType<ReturnType<typeof createConsole>["state"]>;

/** Two clocks, in milliseconds: the wall's for timestamps, a monotonic one for the throttle. */
export type Now = { wall: number; monotonic: number };

export type Digest = {
  /** The trainer's process runs. */
  started(pid: number): void;
  /** @returns what a moment's input amounts to, thinned (EV1), in the order in which it is to be numbered. */
  take(batch: Batch, now: Now): Translated;
  /** @returns milliseconds until something held back wants out: a burst's last event, a progress bar's last state. */
  dueIn(now: Now): number | null;
  runInfo(): RunInfoFields;
  state(): DigestState;
};

const SOURCES: readonly ConsoleSource[] = ["stdout", "stderr"];

/**
 * Makes events of all that comes in. Pure but for its state.
 * @param start what an earlier process of the same launch left, or the beginning of a new one
 */
export function createDigest(start: DigestState | { runInfo: RunInfoFields; at: number }, nameIsExplicit: boolean): Digest {
  const left = "translator" in start ? start : null;
  const translator = createTranslator(left?.translator);
  const throttle = createThrottle({ interval_ms: THROTTLE_MS });
  const consoles = {
    stdout: createConsole("stdout", left?.consoles.stdout),
    stderr: createConsole("stderr", left?.consoles.stderr),
  };
  const health = createTrainingHealth(left?.health ?? initialHealth());
  let { runInfo } = start;
  let consoleN = left?.consoleN ?? 0;
  let over = left?.over ?? false;
  let opening: readonly AnyEvent[] = "at" in start ? translator.attached(start.at).events : [];

  const readConsole = (item: ConsoleItem): AnyEvent[] => {
    consoleN = Math.max(consoleN, item.n);
    if (item.kind === "bytes") return consoles[item.source].write(item.bytes, item.t);
    return [
      agentLog("warning", `${item.bytes} bytes of console output were not recorded: they came faster than they could be stored`, item.t),
    ];
  };

  const joined = (event: AnyEvent): AnyEvent[] => {
    if (event.type === "run_info") {
      runInfo = joinRunInfo(runInfo, event, nameIsExplicit);
      return [{ type: "run_info", timestamp: event.timestamp, ...runInfo }];
    }
    const gpus = event.type === "system_stats" ? newGpus(runInfo, event) : null;
    if (!gpus) return [event];
    runInfo = gpus;
    return [{ type: "run_info", timestamp: event.timestamp, ...runInfo }, event];
  };

  const ending = (exit: TrainerExit, now: Now): Translated => {
    over = true;
    const lastWords = SOURCES.flatMap((source) => consoles[source].end(now.wall));
    const { events, samples } = translator.exited(exit, now.wall);
    return { events: [...lastWords, ...events], samples };
  };

  return {
    take: (batch, now) => {
      const parts: Translated[] = [{ events: [...opening], samples: [] }];
      opening = [];
      for (const { session, messages } of bySession(batch.hook)) parts.push(translator.hookAll(session, messages));
      const written = [...batch.console.flatMap(readConsole), ...SOURCES.flatMap((source) => consoles[source].take(now.wall))];
      parts.push({ events: [...written, ...batch.own], samples: [] });
      const thinned = (translated: readonly Translated[]): AnyEvent[] =>
        translated
          .flatMap((part) => part.events)
          .flatMap(joined)
          .flatMap((event) => throttle.offer(event, now.monotonic));
      const end = batch.exit && !over ? ending(batch.exit, now) : null;
      const said = [...parts, ...(end ? [end] : [])].flatMap((part) => part.events);
      const judged = { events: health.take(said, batch.exit, now), samples: [] };
      const events = thinned(parts);
      // The last of a burst stands before the end that it led to.
      events.push(...(over ? throttle.flush(now.monotonic) : throttle.take(now.monotonic)));
      // The trainer's own last word stays the last one.
      events.push(...thinned([judged]));
      if (end) events.push(...thinned([end]), ...throttle.flush(now.monotonic));
      return { events, samples: [...parts, ...(end ? [end] : [])].flatMap((part): SampleFile[] => part.samples) };
    },
    dueIn: (now) => {
      const throttled = throttle.due();
      const waits = throttled === null ? [] : [throttled - now.monotonic];
      for (const source of SOURCES) {
        const due = consoles[source].due();
        if (due !== null) waits.push(due - now.wall);
      }
      return waits.length > 0 ? Math.max(0, Math.min(...waits)) : null;
    },
    started: health.started,
    runInfo: () => runInfo,
    state: () => ({
      translator: translator.state(),
      consoles: { stdout: consoles.stdout.state(), stderr: consoles.stderr.state() },
      consoleN,
      runInfo,
      health: health.state(),
      over,
    }),
  };
}

/** Neighbours of one session together: their scalars become one event. */
function bySession(received: Batch["hook"]): { session: string; messages: HookMessage[] }[] {
  const groups: { session: string; messages: HookMessage[] }[] = [];
  for (const { session, message } of received) {
    const last = groups.at(-1);
    if (last?.session === session) last.messages.push(message);
    else groups.push({ session, messages: [message] });
  }
  return groups;
}
