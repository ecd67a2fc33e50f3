import { readFileSync } from "node:fs";

/** Follows a process that is not our child. */
export type ProcessWatch = {
  /** @returns whether the process that had this id at the beginning is still there, and not only its entry. */
  isAlive(): boolean;
};

/** @param pid of a process that exists now; an id that is given to another process later is not taken for it */
export function watchProcess(pid: number): ProcessWatch {
  const born = procStat(pid)?.startTime;
  return {
    isAlive: () => {
      const stat = procStat(pid);
      // A zombie has ended; with its launcher dead it may stay one for as long as whoever adopted it does not look.
      if (stat) return stat.state !== "Z" && stat.state !== "X" && stat.startTime === born;
      return born === undefined && answersSignal(pid);
    },
  };
}

/** Linux: state and start time, fields 3 and 22 of proc_pid_stat(5). */
function procStat(pid: number): { state: string; startTime: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything, spaces and parentheses too.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", startTime: fields[19] ?? "" };
  } catch {
    return null;
  }
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
