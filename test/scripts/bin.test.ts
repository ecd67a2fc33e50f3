import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isAtLeast } from "../../bin/hand-over.js";
import { ROOT } from "../../scripts/root.ts";
import { type Program, runForTest } from "../support/program.ts";
import { folderForTest } from "../support/temporary.ts";

const PROGRAM = "process.stdout.write(process.argv.slice(2).join('|')); process.exit(3);";

/** A package with our bin and, in `path`, a program that stands in for the real one. */
function runIn(path: string): Program {
  const folder = folderForTest();
  cpSync(join(ROOT, "bin"), join(folder, "bin"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), PROGRAM);
  return runForTest(process.execPath, [join(folder, "bin/runcast.js"), "run", "--", "a b"]);
}

test("in a checkout the sources run", async () => {
  const program = runForTest(process.execPath, [join(ROOT, "bin/runcast.js"), "--help"]);
  expect(await program.ended).toBe(0);
  expect(program.stdout).toContain("Usage: runcast");
  expect(program.stderr).toBe("");
});

test("in an installed package what was built runs, with its arguments and exit code", async () => {
  const program = runIn("dist/agent/cli/main.js");
  expect(await program.ended).toBe(3);
  expect(program.stdout).toBe("run|--|a b");
});

test("in a checkout without dependencies it says how to get them", async () => {
  const program = runIn("agent/cli/main.ts");
  expect(await program.ended).toBe(1);
  expect(program.stderr).toMatch(/^runcast cannot start: its dependencies are missing: run `npm ci` in /);
});

test.each([
  ["22.13.0", true],
  ["22.13.1", true],
  ["24.0.0", true],
  ["22.12.9", false],
  ["20.20.2", false],
  ["9.99.0", false],
])("Node %s is at least 22.13: %s", (version, expected) => {
  expect(isAtLeast(version, 22, 13)).toBe(expected);
});
