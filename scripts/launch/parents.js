import { readFileSync } from "node:fs";

/** How often we look, in milliseconds. */
const LOOK_EVERY_MS = 500;

/**
 * The processes above us that would be told to end in our place: under `npm start` a shell, and npm above it. A signal that ends npm is
 * not passed on by the shell between us, so that we would go on with nobody to stop us.
 *
 * @returns {string} equal as long as they are the same
 */
export function parents() {
  if (process.platform !== "linux") return String(process.ppid);
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, "utf8");
    // proc(5): pid (comm) state ppid …
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]}`;
  } catch {
    return "gone";
  }
}

/**
 * Calls back, once, when one of our parents has gone. It keeps no process alive.
 *
 * @param {string} before what `parents` gave
 * @param {() => void} orphaned
 */
export function watchParents(before, orphaned) {
  const timer = setInterval(() => {
    if (parents() === before) return;
    clearInterval(timer);
    orphaned();
  }, LOOK_EVERY_MS);
  timer.unref();
}
