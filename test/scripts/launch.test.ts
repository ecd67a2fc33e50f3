import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { covers, isInstalled } from "../../scripts/launch/installed.js";
import { ROOT } from "../../scripts/root.ts";
import { type Program, runForTest } from "../support/program.ts";
import { folderForTest } from "../support/temporary.ts";
import { until } from "../support/until.ts";

/** Stands in for `npm ci`: leaves what npm leaves, and counts how often it ran. */
const NPM = `
const { appendFileSync, copyFileSync, mkdirSync, rmSync, symlinkSync } = require("node:fs");
appendFileSync("installs", process.argv.slice(2).join(" ") + "\\n");
rmSync("node_modules", { recursive: true, force: true });
mkdirSync("node_modules/node/bin", { recursive: true });
symlinkSync(process.execPath, "node_modules/node/bin/node");
copyFileSync("package-lock.json", "node_modules/.package-lock.json");
process.exit(Number(process.env.FAIL ?? 0));
`;

const lock = (version: string) => JSON.stringify({ packages: { "": {}, "node_modules/tool": { version } } });

/** A checkout that nothing was ever installed in, and our launcher in it. */
function checkout(script: string): { folder: string; launch: (environment?: NodeJS.ProcessEnv) => Program; installs: () => number } {
  const folder = folderForTest();
  for (const path of ["scripts/launch.js", "scripts/launch", "bin/hand-over.js"])
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "package-lock.json"), lock("1.0.0"));
  writeFileSync(join(folder, "script.ts"), script);
  mkdirSync(join(folder, "npm"));
  writeFileSync(join(folder, "npm", "package.json"), '{"type":"commonjs"}');
  writeFileSync(join(folder, "npm", "npm.js"), NPM);
  return {
    folder,
    launch: (environment = {}) =>
      runForTest(process.execPath, ["scripts/launch.js", "script.ts", "one", "two words"], {
        cwd: folder,
        environment: { ...process.env, ...environment, npm_execpath: join(folder, "npm", "npm.js") },
      }),
    installs: () => readFileSync(join(folder, "installs"), "utf8").trim().split("\n").length,
  };
}

test("a fresh checkout is installed once, then runs the script with its arguments and ends as it ends", async () => {
  const { launch, installs } = checkout("const words: string[] = process.argv.slice(2); console.log(words.join('|')); process.exit(7);");
  const first = launch();
  expect(await first.ended).toBe(7);
  expect(first.stdout).toBe("one|two words\n");
  expect(first.stderr).toContain("Installing the dependencies");
  const second = launch();
  expect(await second.ended).toBe(7);
  expect(second.stderr).toBe("");
  expect(installs()).toBe(1);
});

test("a lock file that has changed means another install", async () => {
  const { folder, launch, installs } = checkout("");
  await launch().ended;
  writeFileSync(join(folder, "package-lock.json"), lock("1.0.1"));
  expect(await launch().ended).toBe(0);
  expect(installs()).toBe(2);
});

test("two launchers at once install once", async () => {
  const { launch, installs } = checkout("");
  expect(await Promise.all([launch().ended, launch().ended])).toEqual([0, 0]);
  expect(installs()).toBe(1);
});

test("an install that fails is said, and nothing is run", async () => {
  const { launch } = checkout("console.log('ran');");
  const failing = launch({ FAIL: "3" });
  expect(await failing.ended).toBe(1);
  expect(failing.stderr).toContain("`npm ci` failed");
  expect(failing.stdout).toBe("");
});

test("signals reach the script", async () => {
  const { launch } = checkout("process.on('SIGTERM', () => process.exit(5)); setInterval(() => undefined, 1000); console.log('up');");
  const program = launch();
  await program.says(/up/);
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(5);
});

test("a script that a signal has ended ends the launcher by the same signal", async () => {
  const { launch } = checkout("process.kill(process.pid, 'SIGKILL');");
  expect(await launch().ended).toBe("SIGKILL");
});

test("a script learns that its launcher was killed", async () => {
  const { folder, launch } = checkout(
    "import { writeFileSync } from 'node:fs'; process.on('disconnect', () => { writeFileSync('gone', ''); process.exit(); }); console.log('up');",
  );
  const program = launch();
  await program.says(/up/);
  program.child.kill("SIGKILL");
  await until(() => readIfThere(join(folder, "gone")) !== undefined, { what: "the script's last word" });
});

test("this checkout is installed, by npm's own account", () => {
  expect(isInstalled(ROOT)).toBe(true);
});

test.each([
  ["everything is there", { a: { version: "1", integrity: "sha512-a" } }, true],
  ["a package is missing", {}, false],
  ["a package has another version", { a: { version: "2", integrity: "sha512-a" } }, false],
  ["a package has another content", { a: { version: "1", integrity: "sha512-b" } }, false],
])("whether an install covers a lock file: %s", (_, present, expected) => {
  const wanted = { "": {}, a: { version: "1", integrity: "sha512-a" }, "for-another-system": { version: "1", optional: true } };
  expect(covers(present, wanted)).toBe(expected);
});

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
