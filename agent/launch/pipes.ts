import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * The ends of a pipe, as descriptors of this process. `shared` is a second read end, for agents: it stays open when ours is closed at
 * the end of file, so that its number never comes to mean something else.
 */
export type Pipe = { read: number; shared: number; write: number };

/**
 * Makes real pipes. What Node gives a child is a socket pair, and a socket cannot be opened by name: a script that writes to
 * `/dev/stderr` would fail under us and not without us. Named pipes, opened and unlinked at once, are pipes like a shell's.
 * @param folder where names may be made for a moment
 * @returns null where the system has no `mkfifo`
 */
export function openPipes(folder: string, count: number): Pipe[] | null {
  if (process.platform === "win32") return null;
  const place = mkdtempSync(join(folder, "runcast-"));
  const names = Array.from({ length: count }, (_, index) => join(place, String(index)));
  try {
    const made = spawnSync("mkfifo", ["-m", "600", ...names], { stdio: "ignore" });
    if (made.status !== 0) return null;
    // Read ends first and without waiting: then the write end opens at once, and an end of file still means that all writers are gone.
    const reading = constants.O_RDONLY | constants.O_NONBLOCK;
    return names.map((name) => ({
      read: openSync(name, reading),
      shared: openSync(name, reading),
      write: openSync(name, constants.O_WRONLY),
    }));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

export function closeWriteEnds(pipes: readonly Pipe[]): void {
  for (const { write } of pipes) closeSync(write);
}
