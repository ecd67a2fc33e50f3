import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";

/** What keeps an object awake, and billed, though nothing happens. The platform has an alarm instead, and sockets that hibernate. */
const WAKEFUL = [
  { what: "a pending timer", pattern: /\bset(?:Timeout|Interval)\s*\(/ },
  { what: "a socket that does not hibernate", pattern: /\.accept\s*\(/ },
  { what: "an outgoing connection that is waited for", pattern: /\bawait fetch\s*\(|(?<![.\w]|async )fetch\s*\(|new WebSocket\s*\(/ },
];

/** @param path names the text in what is returned */
export function wakefulIn(path: string, text: string): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      /^\s*(?:\/\/|\/?\*)/.test(line)
        ? []
        : WAKEFUL.flatMap(({ what, pattern }) => (pattern.test(line) ? [`${path}:${index + 1}: ${what} would keep a room awake`] : [])),
    );
}

/** @param files relative to the checkout */
export function checkSleep(files: string[]): string[] {
  const worker = files.filter((path) => path.startsWith("worker/") && path.endsWith(".ts"));
  return worker.flatMap((path) => wakefulIn(path, readFileSync(join(ROOT, path), "utf8")));
}
