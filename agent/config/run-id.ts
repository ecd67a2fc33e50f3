import { basename, extname } from "node:path";
import { ID_PATTERN } from "../../protocol/index.ts";

const SUFFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

/** @returns a short name for a command: its script where an interpreter runs one, else the program. */
export function commandName(command: readonly string[]): string {
  const script = command.find((word, index) => index > 0 && /\.(py|sh|js|ts)$/.test(word));
  const word = script ?? command[0] ?? "run";
  return basename(word, extname(word)) || "run";
}

/**
 * @param now milliseconds since 1970
 * @param random numbers from 0 to below 1
 * @returns an id that sorts by day, says what runs, and is new
 */
export function makeRunId(name: string, now: number, random: () => number = Math.random): string {
  const day = new Date(now).toISOString().slice(0, 10);
  const word = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  const suffix = Array.from({ length: 5 }, () => SUFFIX_LETTERS[Math.floor(random() * SUFFIX_LETTERS.length)]).join("");
  const id = [day, word, suffix].filter(Boolean).join("-");
  return ID_PATTERN.test(id) ? id : `${day}-${suffix}`;
}
