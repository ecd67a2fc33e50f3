/** What Linux tells of a process in /proc. The benches that measure processor time or memory run there only. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Processor time of a process and all of its threads, in microseconds. The scheduler's own sums have nanoseconds; those of
 * /proc/PID/stat come in ticks of 10 ms, which is the whole of a small burst.
 */
export function processorMicroseconds(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    sum += parseSchedstat(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"));
  return sum / 1000;
}

/** @returns the nanoseconds that a thread has run */
export function parseSchedstat(text: string): number {
  return Number(text.split(" ")[0]);
}

/** Memory that a process holds, in KiB. */
export function residentKibibytes(pid: number): number {
  return parseResident(readFileSync(`/proc/${pid}/status`, "utf8"));
}

export function parseResident(status: string): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  if (match === null) throw new Error("a process without VmRSS: it has ended");
  return Number(match[1]);
}

/** @returns the process that listens on a port of this machine */
export function listener(port: number): number {
  const inode = parseListener(readFileSync("/proc/net/tcp", "utf8"), port);
  if (inode === null) throw new Error(`nothing listens on port ${port}`);
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) if (holds(pid, `socket:[${inode}]`)) return Number(pid);
  throw new Error(`the process that listens on port ${port} is not ours to see`);
}

/** @param table /proc/net/tcp. @returns the inode of the listening socket, null where there is none */
export function parseListener(table: string, port: number): string | null {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  for (const line of table.split("\n").slice(1)) {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    if (local.endsWith(`:${wanted}`) && state === "0A") return inode ?? null;
  }
  return null;
}

function holds(pid: string, socket: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === socket);
  } catch {
    // It ended meanwhile, or is somebody else's.
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
