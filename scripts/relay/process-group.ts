import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * Ends every process of a group at once.
 *
 * @param group the id of the process that leads the group
 */
export function endGroup(group: number): void {
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(group), "/t", "/f"], { stdio: "ignore", windowsHide: true });
    return;
  }
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // ESRCH: there is nobody left.
  }
}

type ListedProcess = { pid: number; group: number; command: string; started: string };

/**
 * @returns the processes of a group, the newest state that the system tells; none on Windows, which has no groups
 */
export function membersOf(group: number): ListedProcess[] {
  return listProcesses().filter((listed) => listed.group === group);
}

/**
 * Tells a process from a later one with the same number.
 *
 * @returns when the process was started, in words of the system that only compare for equality; undefined when it is not there
 */
export function startOf(pid: number): string | undefined {
  if (process.platform === "win32") return isAlive(pid) ? "unknown" : undefined;
  return listProcesses().find((listed) => listed.pid === pid)?.started;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function listProcesses(): ListedProcess[] {
  switch (process.platform) {
    case "win32":
      return [];
    case "linux":
      // Slim images have no `ps`.
      return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? readStat(Number(name)) : []));
    default:
      return execFileSync("ps", ["-A", "-o", "pid=,pgid=,lstart=,comm="], { encoding: "utf8" }).split("\n").flatMap(parsePs);
  }
}

/** proc(5): `pid (comm) state ppid pgrp …`, the start time is field 22; comm may hold blanks and parentheses itself. */
function readStat(pid: number): ListedProcess[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = stat.lastIndexOf(")");
    const fields = stat.slice(end + 2).split(" ");
    if (fields[0] === "Z") return [];
    return [{ pid, group: Number(fields[2]), command: stat.slice(stat.indexOf("(") + 1, end), started: String(fields[19]) }];
  } catch {
    return [];
  }
}

/** `lstart` is five words: Mon Nov 23 11:20:05 2026. */
function parsePs(line: string): ListedProcess[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line);
  if (!match) return [];
  const [, pid, group, started = "", command = ""] = match;
  return [{ pid: Number(pid), group: Number(group), started, command }];
}
