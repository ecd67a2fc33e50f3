import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * The Node of the dev dependency `node`, which a checkout has whatever Node the machine has.
 *
 * @param {string} root folder of the checkout
 * @returns {string | undefined} path of the program, undefined when it is not installed
 */
export function checkoutNode(root) {
  const path = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  return existsSync(path) ? path : undefined;
}

/**
 * @param {string} present such as 22.18.0
 * @param {number} major
 * @param {number} minor
 * @returns {boolean} whether a version is at least major.minor
 */
export function isAtLeast(present, major, minor) {
  const [presentMajor = 0, presentMinor = 0] = present.split(".").map(Number);
  return presentMajor > major || (presentMajor === major && presentMinor >= minor);
}

/** @type {NodeJS.Signals[]} */
const PASSED_ON = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"];
/** @type {NodeJS.Signals[]} */
const FROM_TERMINAL = ["SIGINT", "SIGQUIT"];

/**
 * Lets another program do the work in our place: same terminal, same files, signals passed on, and its end is our end.
 *
 * @param {string} program path
 * @param {string[]} args
 * @param {{ tied?: boolean }} [options] tied: the program has an IPC channel, which closes when we are gone
 * @returns the program
 */
export function handOver(program, args, { tied = false } = {}) {
  const child = spawn(program, args, { stdio: ["inherit", "inherit", "inherit", ...(tied ? /** @type {const} */ (["ipc"]) : [])] });
  const pass = (/** @type {NodeJS.Signals} */ signal) => void child.kill(signal);
  // A terminal has sent Ctrl-C to the child as well: twice would mean "at once" to many trainers.
  const ours = process.stdin.isTTY || process.stderr.isTTY ? PASSED_ON : [...PASSED_ON, ...FROM_TERMINAL];
  for (const signal of [...PASSED_ON, ...FROM_TERMINAL]) {
    if (process.platform !== "win32" || signal === "SIGINT") process.on(signal, ours.includes(signal) ? pass : () => undefined);
  }
  child.on("error", (error) => {
    process.stderr.write(`runcast: ${program} does not start: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of [...PASSED_ON, ...FROM_TERMINAL]) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
  return child;
}
