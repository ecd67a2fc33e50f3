import { performance } from "node:perf_hooks";
import type { AnyEvent } from "../../protocol/events.ts";
import { hostSource } from "./host.ts";
import { watchGpus } from "./nvidia-smi.ts";
import { statsEvent } from "./stats-event.ts";
import { processSource } from "./trainer-process.ts";

/**
 * Looks at the machine every so often and tells what it sees, until the signal says stop.
 *
 * @param options.pid the trainer's process, or null while there is none
 * @param options.every_ms time between two events; a look that takes longer delays the next one
 * @param options.onStats gets `system_stats` events
 * @param options.env where `nvidia-smi` is looked for
 */
export function startStats(options: {
  pid: () => number | null;
  every_ms: number;
  onStats: (event: AnyEvent) => void;
  signal: AbortSignal;
  env?: NodeJS.ProcessEnv;
}): void {
  const { pid, every_ms, onStats, signal, env = process.env } = options;
  if (signal.aborted) return;
  const clock = () => performance.now();
  const gpus = watchGpus({ every_ms, signal, env, clock });
  const host = hostSource();
  const trainer = processSource();
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    const now = clock();
    const root = pid();
    const [figures, found] = await Promise.all([host.read(now), root === null ? null : trainer.read(root, now)]);
    if (signal.aborted) return;
    onStats(statsEvent(Date.now(), figures, gpus.gpus(clock()), found));
    schedule(Math.max(0, every_ms - (clock() - now)));
  };
  const schedule = (after_ms: number): void => {
    timer = setTimeout(() => void look(), after_ms);
    // Statistics keep no agent alive.
    timer.unref();
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  // The first look has no rates to tell: a round later there is something to see.
  void host.read(clock()).then(() => {
    if (!signal.aborted) schedule(every_ms);
  });
}
