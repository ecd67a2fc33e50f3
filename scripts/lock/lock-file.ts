import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../root.ts";

export const LOCK_PATH = join(ROOT, "package-lock.json");

export type LockEntry = {
  version?: string;
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
 * ("Missing: … from lock file").
 */
export function missingPlatforms(lock: Lock): MissingPlatform[] {
  return Object.entries(lock.packages).flatMap(([parent, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !searchPath(parent, name).some((path) => path in lock.packages))
      .map(([name, version]) => ({ parent, name, version })),
  );
}

/** Where Node looks for a package, from a folder upwards. */
function searchPath(parent: string, name: string): string[] {
  const own = `${parent === "" ? "" : `${parent}/`}node_modules/${name}`;
  if (parent === "") return [own];
  const above = parent.slice(0, Math.max(0, parent.lastIndexOf("node_modules/") - 1));
  return [own, ...searchPath(above, name)];
}
