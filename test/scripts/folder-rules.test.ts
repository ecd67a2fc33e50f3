import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/root.ts";
import { folderForTest } from "../support/temporary.ts";

/** Lints one file under the real configuration, in a checkout that holds nothing else. */
function lint(path: string, source: string): string {
  const folder = folderForTest();
  for (const name of ["biome.json", ".gitignore"]) cpSync(join(ROOT, name), join(folder, name));
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
  const biome = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
  const { stdout, stderr } = spawnSync(process.execPath, [biome, "lint", "--colors=off", path], { cwd: folder, encoding: "utf8" });
  return stdout + stderr;
}

const imports = (specifier: string) => `import { thing } from "${specifier}";\nexport const other = thing;\n`;

test.each([
  ["worker", ["../agent/a.ts", "../client/a.ts", "../dashboard/a.ts", "../scripts/a.ts", "node:fs"]],
  ["worker/run", ["../../agent/spool/a.ts", "../../client/a.ts", "../../dashboard/a.ts"]],
  ["agent", ["../worker/a.ts", "../dashboard/a.ts", "../scripts/a.ts"]],
  ["agent/eta", ["../../worker/run/a.ts", "../../dashboard/a.ts"]],
  ["dashboard", ["../worker/a.ts", "../agent/a.ts", "../scripts/a.ts", "node:fs"]],
  ["dashboard/chart", ["../../worker/a.ts", "../../agent/a.ts"]],
  ["client", ["../worker/a.ts", "../agent/a.ts", "../dashboard/a.ts", "../scripts/a.ts", "node:fs"]],
  ["protocol", ["../client/a.ts", "../worker/a.ts", "../agent/a.ts", "node:fs", "cloudflare:workers"]],
])("a file in %s may not import what is not its own business", (folder, forbidden) => {
  for (const specifier of forbidden) {
    expect(lint(`${folder}/violation.ts`, imports(specifier)), specifier).toContain("lint/style/noRestrictedImports");
  }
});

test.each([
  ["worker/run", ["../../protocol/events.ts", "../log.ts", "./store.ts", "cloudflare:workers"]],
  ["agent/eta", ["../../protocol/events.ts", "../../client/index.ts", "../log.ts", "node:fs"]],
  ["dashboard/chart", ["../../protocol/events.ts", "../../client/index.ts", "./axis.ts", "preact"]],
  ["client", ["../protocol/events.ts", "./socket.ts"]],
  ["protocol", ["./events.ts", "zod"]],
])("a file in %s may import protocol, what it builds on, and its own", (folder, allowed) => {
  for (const specifier of allowed) expect(lint(`${folder}/fine.ts`, imports(specifier)), specifier).not.toContain("noRestrictedImports");
});

test("a promise that nobody waits for is an error", () => {
  expect(lint("agent/floating.ts", "async function work(): Promise<void> {}\nexport function start(): void {\n  work();\n}\n")).toContain(
    "noFloatingPromises",
  );
});
