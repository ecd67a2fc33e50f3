import { readdir, readFile } from "node:fs/promises";
import { processes } from "systeminformation";
import { cpuBetween, type ProcessUse, parseResident, parseStat, treeOf } from "./process-tree.ts";

/** The trainer and its descendants together. Memory that they share counts for each of them. */
export type TrainerProcess = { pid: number; cpu_percent: number | null; ram_used_gb: number };

export type ProcessSource = { read(pid: number, now: number): Promise<TrainerProcess | null> };

/** Finding new children means looking at every process of the machine: done this seldom, in milliseconds. */
const TREE_EVERY_MS = 10_000;
const GIB = 1024 ** 3;

/** @returns the source for this platform; `/proc` where there is one, since asking `ps` costs a process each time */
export function processSource(platform: NodeJS.Platform = process.platform): ProcessSource {
  return platform === "linux" ? procSource() : listedSource();
}

function procSource(): ProcessSource {
  let tree: { root: number; pids: number[]; at: number } | null = null;
  let before: { uses: ProcessUse[]; at: number } | null = null;
  return {
    async read(pid, now) {
      if (tree?.root !== pid) before = null;
      if (tree?.root !== pid || now - tree.at >= TREE_EVERY_MS || now < tree.at) {
        tree = { root: pid, pids: treeOf(pid, await allParents()), at: now };
      }
      const uses = (await Promise.all(tree.pids.map(readUse))).filter((use) => use !== null);
      if (!uses.some((use) => use.pid === pid)) return null;
      const cpu_percent = before && now > before.at ? cpuBetween(before.uses, uses, (now - before.at) / 1000) : null;
      before = { uses, at: now };
      return { pid, cpu_percent, ram_used_gb: uses.reduce((sum, use) => sum + use.resident_bytes, 0) / GIB };
    },
  };
}

/** Elsewhere the process list is all there is: seldom, and as its tool counts. */
function listedSource(): ProcessSource {
  let last: { found: TrainerProcess | null; pid: number; at: number } | null = null;
  return {
    async read(pid, now) {
      if (last && last.pid === pid && now - last.at < TREE_EVERY_MS) return last.found;
      const { list } = await processes().catch(() => ({ list: [] }));
      const pids = new Set(treeOf(pid, new Map(list.map((one) => [one.pid, one.parentPid]))));
      const tree = list.filter((one) => pids.has(one.pid));
      const sum = (figure: (one: (typeof list)[number]) => number) => tree.reduce((total, one) => total + figure(one), 0);
      const found = tree.some((one) => one.pid === pid)
        ? { pid, cpu_percent: sum((one) => one.cpu), ram_used_gb: (sum((one) => one.memRss) * 1024) / GIB }
        : null;
      last = { found, pid, at: now };
      return found;
    },
  };
}

async function allParents(): Promise<Map<number, number>> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map<number, number>();
  for (const pid of pids) {
    const stat = parseStat(await textOf(`/proc/${pid}/stat`));
    if (stat) parents.set(pid, stat.parent);
  }
  return parents;
}

async function readUse(pid: number): Promise<ProcessUse | null> {
  const [stat, status] = await Promise.all([textOf(`/proc/${pid}/stat`), textOf(`/proc/${pid}/status`)]);
  const parsed = parseStat(stat);
  return parsed && { pid, cpu_seconds: parsed.cpu_seconds, resident_bytes: parseResident(status) };
}

/** A process may end between the listing and the look at it. */
const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
