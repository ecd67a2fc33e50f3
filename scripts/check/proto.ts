import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GENERATED, generateProto, lintProto } from "../make/proto.ts";
import { ROOT } from "../root.ts";

/** The Protocol Buffers schema has the usual style, and the code that is committed is what it makes. @returns what is wrong, in words */
export async function checkProto(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "runcast-proto-"));
  try {
    const problems = [...(await lintProto()), ...(await generateProto(folder))];
    return problems.length > 0 ? problems : outdated(folder, join(ROOT, GENERATED));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns one line for each file whose code in `committed` is not that in `fresh` */
export function outdated(fresh: string, committed: string): string[] {
  const stale = readdirSync(fresh).filter((name) => read(join(fresh, name)) !== read(join(committed, name)));
  return stale.map((name) => `${join(GENERATED, name)} is not what the schema makes: npm run proto`);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
