import { readFile } from "node:fs/promises";

/** Bytes that a container may use, and does. */
export type MemoryLimit = { used: number; total: number };

/**
 * The memory limit of the control group (v2) that this process runs in: in a container, the host's memory is not what training can have.
 *
 * @returns null where there is no limit, or no such thing
 */
export async function readMemoryLimit(root = "/sys/fs/cgroup", own = "/proc/self/cgroup"): Promise<MemoryLimit | null> {
  const path = /^0::(\/.*)$/m.exec(await textOf(own))?.[1];
  if (path === undefined) return null;
  // Inside a container the group's own files lie at the root of what it sees.
  for (const folder of [`${root}${path === "/" ? "" : path}`, root]) {
    const [max, current, stat] = await Promise.all(["max", "current", "stat"].map((file) => textOf(`${folder}/memory.${file}`)));
    const limit = parseMemoryLimit(max ?? "", current ?? "", stat ?? "");
    if (limit) return limit;
  }
  return null;
}

/** @param max, current, stat texts of `memory.max`, `memory.current` and `memory.stat` */
export function parseMemoryLimit(max: string, current: string, stat: string): MemoryLimit | null {
  if (!/^\d+\s*$/.test(max) || !/^\d+\s*$/.test(current)) return null;
  // Files that are merely cached are given back when memory is short.
  const cached = Number(/^inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
  return { used: Math.max(0, Number(current) - cached), total: Number(max) };
}

const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
