import { cpus, hostname, platform, release, totalmem } from "node:os";
import type { AnyEvent } from "../../protocol/index.ts";

export type RunInfoFields = Record<string, unknown>;

const GIB = 1024 ** 3;

/** @returns what is known of a run before its trainer has said anything */
export function baseRunInfo(name: string, startedAt: string): RunInfoFields {
  const host = {
    name: hostname(),
    platform: `${platform()} ${release()}`,
    cpus: cpus().length,
    ram_gb: Math.round((totalmem() / GIB) * 10) / 10,
  };
  return { name, started_at: startedAt, host };
}

/**
 * Joins what the trainer says to what is known. What it leaves open stays; the start of its process is the run's start; a name
 * that the user chose stays too.
 */
export function joinRunInfo(known: RunInfoFields, event: AnyEvent, nameIsExplicit: boolean): RunInfoFields {
  const told = Object.entries(event).filter(([key, value]) => !IGNORED.has(key) && value !== null && value !== undefined);
  const joined: RunInfoFields = { ...known, ...Object.fromEntries(told) };
  return nameIsExplicit ? { ...joined, name: known.name } : joined;
}

const IGNORED: ReadonlySet<string> = new Set(["type", "timestamp", "offset", "started_at"]);

/** @returns the GPUs' names and sizes, once the first measurement has shown them; null where they are known or there are none */
export function newGpus(known: RunInfoFields, stats: AnyEvent): RunInfoFields | null {
  const gpus = stats.gpus;
  if (known.gpus || !Array.isArray(gpus) || gpus.length === 0) return null;
  const shown = gpus.map((gpu: Record<string, unknown>) => ({
    index: gpu.index,
    uuid: gpu.uuid,
    name: gpu.name,
    memory_total_gb: gpu.memory_total_gb,
  }));
  return { ...known, gpus: shown };
}
