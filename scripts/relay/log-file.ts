import { appendFileSync, chmodSync, existsSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Above this, in bytes, a log becomes `<name>.1` and a new one begins. */
const ROTATE_BYTES = 8 * 1024 * 1024;

/** Lines kept in memory to be shown when something fails. */
const RECENT_LINES = 20;

export type RelayLog = {
  path: string;
  /** Takes the lines of a stream until it ends. */
  take(stream: Readable): void;
  /** The last lines, oldest first. */
  recent(): string[];
};

/**
 * The log of the relay: a file of bounded size, readable by its user alone.
 *
 * @param echo gets every line too
 */
export function openLog(path: string, echo: (line: string) => void): RelayLog {
  if (!existsSync(path)) writeFileSync(path, "");
  chmodSync(path, 0o600);
  let bytes = statSync(path).size;
  const recent: string[] = [];

  function add(line: string): void {
    echo(line);
    recent.push(line);
    if (recent.length > RECENT_LINES) recent.shift();
    if (bytes > ROTATE_BYTES) {
      renameSync(path, `${path}.1`);
      bytes = 0;
    }
    appendFileSync(path, `${line}\n`, { mode: 0o600 });
    bytes += Buffer.byteLength(line) + 1;
  }

  return {
    path,
    recent: () => [...recent],
    take: (stream) => void createInterface({ input: stream }).on("line", add),
  };
}
