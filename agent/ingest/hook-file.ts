import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { HookFile } from "../../protocol/index.ts";

/** Writes the file by which hooks find the agent (AC7): whole or not at all, readable by this user alone. */
export function writeHookFile(path: string, content: HookFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

export function removeHookFile(path: string): void {
  rmSync(path, { force: true });
}
