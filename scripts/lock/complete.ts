/** `node scripts/launch.js scripts/lock/complete.ts`: adds the missing platform builds to package-lock.json, after every `npm install`. */
import { writeFileSync } from "node:fs";
import { EXACT, LOCK_PATH, type Lock, type LockEntry, missingPlatforms, readLock } from "./lock-file.ts";

const OS: Record<string, string> = {
  aix: "aix",
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  netbsd: "netbsd",
  openbsd: "openbsd",
  sunos: "sunos",
  win32: "win32",
  windows: "win32",
};
const CPU: Record<string, string> = {
  "64": "x64",
  arm: "arm",
  arm64: "arm64",
  ia32: "ia32",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  x64: "x64",
};

/** @returns the entry that npm would have written, but for the hash, which only a registry knows */
export function platformEntry(name: string, version: string, parent: LockEntry): LockEntry {
  const words = (name.split("/").at(-1) ?? name).split("-");
  const os = words.map((word) => OS[word]).find((value) => value !== undefined);
  const cpu = words.map((word) => CPU[word]).findLast((value) => value !== undefined);
  if (os === undefined || cpu === undefined) throw new Error(`${name} does not say what platform it is for: add it by hand`);
  const libc = words.includes("musl") ? "musl" : words.includes("gnu") ? "glibc" : undefined;
  return {
    version,
    cpu: [cpu],
    ...(parent.dev ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    os: [os],
  };
}

/** @returns the lock with an entry for each missing platform build, in npm's order */
export function completed(lock: Lock): Lock {
  const added = missingPlatforms(lock).map(({ parent, name, version }): [string, LockEntry] => {
    if (!EXACT.test(version)) throw new Error(`${parent} wants ${name} ${version}: not one version`);
    // What npm has put at the top is for another parent; what we have put there has no hash, and may be replaced.
    const top = `node_modules/${name}`;
    const path = lock.packages[top]?.integrity === undefined ? top : `${parent}/${top}`;
    return [path, platformEntry(name, version, lock.packages[parent] ?? {})];
  });
  const packages = { ...lock.packages, ...Object.fromEntries(added) };
  return { ...lock, packages: Object.fromEntries(Object.entries(packages).sort(([one], [other]) => one.localeCompare(other, "en"))) };
}

if (import.meta.main) {
  const lock = readLock();
  const missing = missingPlatforms(lock);
  writeFileSync(LOCK_PATH, `${JSON.stringify(completed(lock), undefined, 2)}\n`);
  process.stdout.write(`${missing.length} added${missing.map(({ name }) => `\n  ${name}`).join("")}\n`);
}
