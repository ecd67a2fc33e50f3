/** What is known of one process: CPU seconds it has used, and its resident memory in bytes. */
export type ProcessUse = { pid: number; cpu_seconds: number; resident_bytes: number };

/** Linux counts CPU time in hundredths of a second towards programs, whatever its own clock. */
const TICKS_PER_SECOND = 100;

/**
 * @param text of `/proc/PID/stat`; the program's name in it may hold spaces and brackets
 * @returns parent and CPU time, or null where the text is not one
 */
export function parseStat(text: string): { parent: number; cpu_seconds: number } | null {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number);
  if (parent === undefined || user === undefined || system === undefined || Number.isNaN(parent + user + system)) return null;
  return { parent, cpu_seconds: (user + system) / TICKS_PER_SECOND };
}

/** @param text of `/proc/PID/status` @returns resident bytes, 0 for a process without memory (a kernel thread, a zombie) */
export function parseResident(text: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** @returns the process and all of its descendants, the process first */
export function treeOf(root: number, parents: ReadonlyMap<number, number>): number[] {
  const children = Map.groupBy(parents.keys(), (pid) => parents.get(pid) ?? 0);
  const tree = new Set([root]);
  for (const pid of tree) for (const child of children.get(pid) ?? []) tree.add(child);
  return [...tree];
}

/**
 * CPU of a tree between two looks at it. A process that was not there before has used all of its time since.
 *
 * @param seconds between the two
 * @returns percent of one core: eight busy cores are 800
 */
export function cpuBetween(before: readonly ProcessUse[], after: readonly ProcessUse[], seconds: number): number {
  const earlier = new Map(before.map((use) => [use.pid, use.cpu_seconds]));
  const used = after.reduce((sum, { pid, cpu_seconds }) => sum + Math.max(0, cpu_seconds - (earlier.get(pid) ?? 0)), 0);
  return (100 * used) / seconds;
}
