import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";

export const LOCK_PATH = join(ROOT, "package-lock.json");

/** One version, not a range. */
export const EXACT = /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/;

export type LockEntry = {
  version?: string;
  integrity?: string;
  resolved?: string;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
};
export type Lock = { packages: Record<string, LockEntry> };

/** A package for some platform that a package asks for and the lock does not have. */
export type MissingPlatform = { parent: string; name: string; version: string };

export function readLock(): Lock {
  return JSON.parse(readFileSync(LOCK_PATH, "utf8")) as Lock;
}

/**
 * npm leaves out the builds for platforms that the registry at hand does not have, and then refuses its own lock file elsewhere
 * ("Missing: … from lock file"). One that is left over from an older version of its parent is as good as missing.
 */
export function missingPlatforms(lock: Lock): MissingPlatform[] {
  return Object.entries(lock.packages).flatMap(([parent, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name, wanted]) => !fits(found(lock, parent, name), wanted))
      .map(([name, version]) => ({ parent, name, version })),
  );
}

/** Platform builds are asked for by one exact version; a range is npm's business. */
function fits(entry: LockEntry | undefined, wanted: string): boolean {
  return entry !== undefined && (entry.version === wanted || !EXACT.test(wanted));
}

function found(lock: Lock, parent: string, name: string): LockEntry | undefined {
  const path = searchPath(parent, name).find((candidate) => candidate in lock.packages);
  return path === undefined ? undefined : lock.packages[path];
}

/** Where Node looks for a package, from a folder upwards. */
function searchPath(parent: string, name: string): string[] {
  const own = `${parent === "" ? "" : `${parent}/`}node_modules/${name}`;
  if (parent === "") return [own];
  const above = parent.slice(0, Math.max(0, parent.lastIndexOf("node_modules/") - 1));
  return [own, ...searchPath(above, name)];
}
