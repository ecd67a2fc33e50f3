import { styleText } from "node:util";
import { isLoopback } from "../../config/relay.ts";
import { type AccessOptions, targetOf } from "../access.ts";
import { writeOut } from "../output.ts";
import { plainCell } from "../table.ts";
import { EXIT_FAILED } from "../usage.ts";
import type { Finding } from "./finding.ts";
import { checkGpu } from "./gpu.ts";
import { checkNode } from "./node.ts";
import { checkPython } from "./python.ts";
import { checkRelay } from "./relay.ts";
import { checkFolders } from "./spool.ts";
import { checkToken } from "./token.ts";

export type DoctorOptions = AccessOptions & { python?: string };

/** `runcast doctor`: looks at all that a watched training needs. A warning is no failure. */
export async function doctorCommand(options: DoctorOptions): Promise<number> {
  const { env } = process;
  const { relay, token, login } = targetOf(options);
  const known = checkRelay({ http: relay.http, onThisMachine: isLoopback(relay) });
  const checks: Promise<Finding[]>[] = [
    known.then(({ findings }) => findings),
    known.then(async ({ there }) => [await checkToken(env, relay, token ?? login?.agent_token ?? login?.token, there)]),
    Promise.resolve([checkNode(process.versions.node)]),
    checkPython(env, options.python ?? null),
    checkGpu(env).then((finding) => [finding]),
    Promise.resolve(checkFolders(env, relay.http)),
  ];
  const findings = (await Promise.all(checks)).flat();
  await writeOut(findings.map((finding) => `${options.json ? JSON.stringify(finding) : inWords(finding)}\n`).join(""));
  return findings.some(({ result }) => result === "failed") ? EXIT_FAILED : 0;
}

const COLOURS = { ok: "green", warning: "yellow", failed: "red" } as const;
/** As wide as the longest result, and the longest name of a check. */
const RESULT_WIDTH = 7;
const CHECK_WIDTH = 7;

function inWords({ check, result, message, advice }: Finding): string {
  const shown = styleText(COLOURS[result], result.padEnd(RESULT_WIDTH), { stream: process.stdout });
  const more = advice === null ? "" : `\n${" ".repeat(RESULT_WIDTH + CHECK_WIDTH + 4)}${plainCell(advice)}`;
  return `${shown}  ${check.padEnd(CHECK_WIDTH)}  ${plainCell(message)}${more}`;
}
