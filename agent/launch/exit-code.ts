import { constants } from "node:os";

/** @returns what a shell would give: the code, or 128 and the signal's number */
export function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  if (code !== null) return code;
  return signal === null ? 1 : 128 + constants.signals[signal];
}

/** Why a command could not be started, with the exit code that a shell gives. */
export function startFailure(command: string, error: NodeJS.ErrnoException): { code: number; message: string } {
  switch (error.code) {
    case "ENOENT":
      return { code: 127, message: `${command}: command not found` };
    case "EACCES":
      return { code: 126, message: `${command}: not executable` };
    default:
      return { code: 126, message: `${command}: cannot be started: ${error.message}` };
  }
}
