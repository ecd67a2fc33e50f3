import { readFileSync, readlinkSync } from "node:fs";

const O_ACCMODE = 3;
const O_WRONLY = 1;

/**
 * Whether we run under `nohup`. Node gives every child the default action for SIGHUP, so a trainer would die with its terminal
 * although its user took care that it would not. `nohup` shows in what it puts in place of a terminal's stdin: a `/dev/null` that can
 * only be written to.
 */
export function underNohup(): boolean {
  try {
    if (readlinkSync("/proc/self/fd/0") !== "/dev/null") return false;
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync("/proc/self/fdinfo/0", "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_ACCMODE) === O_WRONLY;
  } catch {
    return false;
  }
}

/** @returns a command that runs `command` in the same process, with SIGHUP ignored */
export function ignoringHangup(command: readonly string[]): string[] {
  return ["/bin/sh", "-c", 'trap "" HUP; exec "$0" "$@"', ...command];
}
