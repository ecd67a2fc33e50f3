import { spawnSync } from "node:child_process";

export type Process = { pid: number; command: string };

/**
 * The living processes that `pid` started, with their command lines. One that has the command line of its parent is left out: it was forked and
 * has not become its program yet, and would be taken for whatever the parent's arguments name.
 */
export function childrenOf(pid: number | undefined): Process[] {
  const rows = table();
  const parent = rows.find((row) => row.pid === pid);
  return rows.filter((row) => row.parent === pid && row.alive && row.command !== parent?.command);
}

/** Whether a process is there, and no zombie that its parent has not looked at. */
export function isAlive(pid: number): boolean {
  return table().some((row) => row.pid === pid && row.alive);
}

function table(): (Process & { parent: number; alive: boolean })[] {
  const ps = spawnSync("ps", ["-eo", "pid=,ppid=,stat=,args="], { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
  if (ps.error) throw ps.error;
  return ps.stdout.split("\n").flatMap((row) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row) ?? [];
    // `ps` itself is gone by now.
    if (command === undefined || Number(pid) === ps.pid) return [];
    return [{ pid: Number(pid), parent: Number(parent), alive: !state?.startsWith("Z"), command }];
  });
}
