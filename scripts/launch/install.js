import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isInstalled } from "./installed.js";

/** How often we look whether another install is over, in milliseconds. */
const LOOK_EVERY_MS = 200;

/**
 * Installs the dependencies when they are missing or are not those of the lock file. Several launchers at once install once.
 *
 * @param {string} root folder of the checkout
 * @returns {Promise<{ ok: true } | { ok: false, message: string }>}
 */
export async function installOnce(root) {
  if (isInstalled(root)) return { ok: true };
  const turn = join(tmpdir(), `runcast-install-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`);
  await takeTurn(turn);
  try {
    return isInstalled(root) ? { ok: true } : await install(root);
  } finally {
    rmSync(turn, { force: true });
  }
}

/**
 * @param {string} root
 * @returns {Promise<{ ok: true } | { ok: false, message: string }>}
 */
async function install(root) {
  process.stderr.write("Installing the dependencies (npm ci), once …\n");
  const began = performance.now();
  const code = await npm(root, ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (code !== 0) return { ok: false, message: "`npm ci` failed; what it said stands above" };
  process.stderr.write(`Installed in ${Math.round((performance.now() - began) / 1000)} s.\n`);
  return { ok: true };
}

/**
 * @param {string} root
 * @param {string[]} args
 * @returns {Promise<number>} exit code; 127 when there is no npm
 */
function npm(root, args) {
  // Under `npm start` npm says where it is: the same npm, even where the PATH has another one, or none.
  const path = process.env.npm_execpath;
  const [program, first] = path?.endsWith(".js") ? [process.execPath, [path]] : ["npm", []];
  return new Promise((resolve) => {
    const child = spawn(program, [...first, ...args], {
      cwd: root,
      // Our stdout belongs to the program that runs next.
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32" && program === "npm",
    });
    child.on("error", () => resolve(127));
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/**
 * Waits until no other live process holds the turn, and takes it.
 *
 * @param {string} path
 */
async function takeTurn(path) {
  for (let told = false; ; ) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return;
    } catch {
      if (!isHeld(path)) {
        rmSync(path, { force: true });
        continue;
      }
    }
    if (!told) process.stderr.write("Waiting for another install of this checkout …\n");
    told = true;
    await delay(LOOK_EVERY_MS);
  }
}

/**
 * @param {string} path
 * @returns {boolean} whether the process that wrote the file lives
 */
function isHeld(path) {
  try {
    process.kill(Number(readFileSync(path, "utf8")), 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}
