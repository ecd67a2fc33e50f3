import type { Gpu } from "../../protocol/events.ts";
import { throttleReasons } from "./throttle-reasons.ts";

/** The bracketed unit of a column is how many of ours. */
const GIB_PER: Record<string, number> = { MiB: 1 / 1024, GiB: 1, KiB: 1 / 1024 / 1024 };

type Column = { field: string; unit: string | null };
export type Header = readonly Column[];

/**
 * @param line a line of `nvidia-smi --query-gpu=… --format=csv,nounits`
 * @returns the columns, where the line is a header: `index, name, memory.used [MiB], …`; else null
 */
export function parseHeader(line: string): Header | null {
  const cells = line.split(",").map((cell) => cell.trim());
  if (cells[0] !== "index") return null;
  return cells.map((cell) => {
    const [, field = cell, unit = null] = /^(\S+)(?: \[(.+)\])?$/.exec(cell) ?? [];
    return { field, unit };
  });
}

/** @returns the field that this nvidia-smi does not know, where the line says so */
export function unknownField(line: string): string | null {
  return /^Field "([^"]+)" is not a valid field to query/.exec(line)?.[1] ?? null;
}

/**
 * @param header of the same output
 * @returns one GPU, with only those fields that the machine gave a value for; null where the line is no row of the header
 */
export function parseRow(header: Header, line: string): Gpu | null {
  const cells = line.split(",").map((cell) => cell.trim());
  if (cells.length !== header.length) return null;
  const gpu: Gpu = {};
  for (const [place, column] of header.entries()) set(gpu, column, cells[place] ?? "");
  return typeof gpu.index === "number" ? gpu : null;
}

function set(gpu: Gpu, { field, unit }: Column, cell: string): void {
  // "[N/A]", "[Not Supported]", "[Unknown Error]", "[GPU is lost]", …: not known is not zero.
  if (cell === "" || /^\[.*\]$|^N\/A$/.test(cell)) return;
  const number = Number.parseFloat(cell);
  const known = Number.isFinite(number);
  switch (field) {
    case "uuid":
    case "name":
      gpu[field] = cell.slice(0, 200);
      return;
    case "clocks_throttle_reasons.active":
    case "clocks_event_reasons.active": {
      const reasons = throttleReasons(cell);
      if (reasons) gpu.throttle_reasons = reasons;
      return;
    }
    case "index":
      if (Number.isInteger(number) && number >= 0) gpu.index = number;
      return;
    case "memory.used":
      if (known) gpu.memory_used_gb = number * (GIB_PER[unit ?? "MiB"] ?? 0);
      return;
    case "memory.total":
      if (known) gpu.memory_total_gb = number * (GIB_PER[unit ?? "MiB"] ?? 0);
      return;
    default: {
      const name = PLAIN[field];
      if (name && known) gpu[name] = number;
    }
  }
}

/** Fields whose figure is taken as it is. */
const PLAIN: Record<
  string,
  "utilization_percent" | "temperature_c" | "power_w" | "power_limit_w" | "sm_clock_mhz" | "memory_clock_mhz" | "fan_percent"
> = {
  "utilization.gpu": "utilization_percent",
  "temperature.gpu": "temperature_c",
  "power.draw": "power_w",
  "power.limit": "power_limit_w",
  // Asked for by the short names, printed by the long ones.
  "clocks.sm": "sm_clock_mhz",
  "clocks.current.sm": "sm_clock_mhz",
  "clocks.mem": "memory_clock_mhz",
  "clocks.current.memory": "memory_clock_mhz",
  "fan.speed": "fan_percent",
};
