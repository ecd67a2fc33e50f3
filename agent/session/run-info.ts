import { cpus, hostname, platform, release, totalmem } from "node:os";
import { type AnyEvent, RUN_INFO_MAX } from "../../protocol/index.ts";

export type RunInfoFields = Record<string, unknown>;

const GIB = 1024 ** 3;
/** Room for the names of what is left out, and for what the event itself adds. */
const NAMES_BYTES = 16 * 1024;

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
  return fitting(nameIsExplicit ? { ...joined, name: known.name } : joined);
}

const IGNORED: ReadonlySet<string> = new Set(["type", "timestamp", "offset", "started_at"]);

/** A room refuses a `run_info` over its limit: the largest entries of the configuration are left out, and `config_left_out` names them. */
function fitting(info: RunInfoFields): RunInfoFields {
  const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? "");
  let excess = sizeOf(info) + NAMES_BYTES - RUN_INFO_MAX;
  if (excess <= 0) return info;
  const config = { ...(info.config as Record<string, unknown> | undefined) };
  const leftOut: string[] = [];
  const largestFirst = Object.keys(config).sort((a, b) => sizeOf(config[b]) - sizeOf(config[a]));
  for (const key of largestFirst) {
    if (excess <= 0) break;
    excess -= sizeOf(config[key]);
    delete config[key];
    leftOut.push(key);
  }
  return { ...info, config, config_left_out: leftOut };
}

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
