/**
 * `npm run proto`: writes worker/proto/runcast_v1_pb.ts from protocol/runcast_v1.proto. Checks the schema's style as well; nothing is
 * fetched for either.
 */
import { join } from "node:path";
import { runProgram } from "../program.ts";
import { ROOT } from "../root.ts";

const SCHEMAS = join(ROOT, "protocol");
/** Where the generated code lives, relative to the checkout. */
export const GENERATED = join("worker", "proto");

const STYLE = {
  version: "v2",
  // The schema stands beside the zod schemas of the same messages, not in a folder for its package alone.
  lint: { use: ["STANDARD"], except: ["PACKAGE_DIRECTORY_MATCH"] },
};

/** @returns what is wrong with the schema, in words */
export async function lintProto(): Promise<string[]> {
  return buf(["lint", "--config", JSON.stringify(STYLE)]);
}

/** @param folder where to write the code. @returns what went wrong, in words */
export async function generateProto(folder: string): Promise<string[]> {
  const plugin = join(ROOT, "node_modules", "@bufbuild", "protoc-gen-es", "bin", "protoc-gen-es");
  const template = {
    version: "v2",
    plugins: [{ local: [process.execPath, plugin], out: folder, opt: ["target=ts"] }],
  };
  return buf(["generate", "--template", JSON.stringify(template)]);
}

async function buf(args: string[]): Promise<string[]> {
  const program = join(ROOT, "node_modules", "@bufbuild", "buf", "bin", "buf");
  const { code, output } = await runProgram(process.execPath, [program, ...args], { cwd: SCHEMAS });
  return code === 0 ? [] : [output.trimEnd()];
}

if (import.meta.main) {
  const problems = [...(await lintProto()), ...(await generateProto(join(ROOT, GENERATED)))];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
