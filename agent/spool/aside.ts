import { existsSync, renameSync } from "node:fs";
import { PARTS } from "./file.ts";

/**
 * Puts a file that cannot be read out of the way: what is in it may still be of use to somebody.
 * @param now milliseconds since 1970
 * @returns where it is now
 */
export function setAside(path: string, now: number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  let aside = `${path}.corrupt-${time}`;
  for (let n = 2; existsSync(aside); n += 1) aside = `${path}.corrupt-${time}-${n}`;
  for (const part of PARTS) if (existsSync(path + part)) renameSync(path + part, aside + part);
  return aside;
}
