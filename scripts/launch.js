/**
 * `node scripts/launch.js SCRIPT …`: runs one of our TypeScript programs, on any Node from 20 on, with or without dependencies
 * installed. Plain JavaScript that needs nothing but Node: it is what runs first after `git clone`.
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkoutNode, handOver } from "../bin/hand-over.js";
import { installOnce } from "./launch/install.js";
import { parents, watchParents } from "./launch/parents.js";

const startedBy = parents();
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [script, ...args] = process.argv.slice(2);

if (script === undefined) {
  process.stderr.write("usage: node scripts/launch.js SCRIPT [ARGUMENTS]\n");
  process.exit(2);
}

const outcome = await installOnce(root);
const node = checkoutNode(root);
if (!outcome.ok) fail(outcome.message);
else if (node === undefined) fail(`the dependencies are there, but not their Node: remove ${join(root, "node_modules")} and try again`);
else {
  const child = handOver(node, [resolve(root, script), ...args], { tied: true });
  // By hand we may be left alone on purpose (`nohup … &`); npm's scripts end with npm.
  if (process.env.npm_lifecycle_event !== undefined) watchParents(startedBy, () => child.kill("SIGTERM"));
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`runcast: ${message}\n`);
  process.exit(1);
}
