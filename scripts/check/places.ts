import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";

/** What is true on one machine only, and has no place in the repository. */
const PLACES = [
  { what: "a folder of somebody's machine", pattern: /(?<![\w.$}-])\/(?:work|root)\/[\w.]/ },
  {
    what: "the address of a package registry",
    pattern: /\b(?:registry|artifactory|nexus|verdaccio|files)\.[\w-]+\.(?:org|com|net|io|dev)\b/,
  },
];

/** @param path names the text in what is returned */
export function placesIn(path: string, text: string): string[] {
  return text
    .split("\n")
    .flatMap((line, index) => PLACES.flatMap(({ what, pattern }) => (pattern.test(line) ? [`${path}:${index + 1}: names ${what}`] : [])));
}

/** @param files relative to the checkout */
export function checkPlaces(files: string[]): string[] {
  return files.flatMap((path) => {
    const content = readFileSync(join(ROOT, path));
    return content.includes(0) ? [] : placesIn(path, content.toString("utf8"));
  });
}
