import type { AnyEvent, Gpu } from "../../protocol/events.ts";
import type { HostFigures } from "./host.ts";
import type { TrainerProcess } from "./trainer-process.ts";

/**
 * One `system_stats` event. The first GPU and the host stand in flat fields, all GPUs in `gpus`. Memory is in units of 1024³ bytes; CPU of
 * the host is percent of all cores, that of the process percent of one. What is not known is left out, never a zero (EV6).
 *
 * @param at milliseconds since 1970
 */
export function statsEvent(at: number, host: HostFigures, gpus: readonly Gpu[], trainer: TrainerProcess | null): AnyEvent {
  const [first] = gpus;
  const event = {
    type: "system_stats",
    timestamp: new Date(at).toISOString(),
    gpu_memory_used_gb: first?.memory_used_gb,
    gpu_memory_total_gb: first?.memory_total_gb,
    gpu_utilization_percent: first?.utilization_percent,
    ...host,
    gpus: gpus.length > 0 ? gpus : null,
    process: trainer,
  };
  return known(event) as AnyEvent;
}

/** @returns the value without what is null or undefined, figures rounded to what anybody can see, at every depth */
function known(value: unknown): unknown {
  if (typeof value === "number") return Math.round(value * 1000) / 1000;
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null && field !== undefined)
      .map(([name, field]) => [name, known(field)]),
  );
}
