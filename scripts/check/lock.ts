import { type Lock, missingPlatforms } from "../lock/lock-file.ts";

/** @returns what is wrong with the lock file, in words */
export function checkLock(lock: Lock): string[] {
  const addresses = Object.entries(lock.packages).flatMap(([path, { resolved }]) =>
    resolved?.includes("://")
      ? [`package-lock.json: ${path} records where it was downloaded; .npmrc has omit-lockfile-registry-resolved=true`]
      : [],
  );
  const missing = missingPlatforms(lock).map(
    ({ parent, name }) => `package-lock.json: ${parent} has no entry for ${name}: node scripts/launch.js scripts/lock/complete.ts`,
  );
  return [...addresses, ...missing];
}
