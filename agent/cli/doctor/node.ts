import { type Finding, failed, ok } from "./finding.ts";

/** As package.json has it: from here on `node:sqlite` needs no flag. */
const LEAST = { major: 22, minor: 13 };

/** @param version such as 24.1.0 */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > LEAST.major || (major === LEAST.major && minor >= LEAST.minor);
  if (enough) return ok("node", `Node ${version}`);
  return failed(
    "node",
    `Node ${version} is too old: the agent needs its SQLite`,
    `install Node ${LEAST.major}.${LEAST.minor} or a newer one`,
  );
}
