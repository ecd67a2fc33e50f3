#!/usr/bin/env node
/** Finds the program and a Node that can run it: the sources in a checkout, what was built from them in an installed package. */
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { checkoutNode, handOver, isAtLeast } from "./hand-over.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = fileURLToPath(new URL("../agent/cli/main.ts", import.meta.url));
const built = fileURLToPath(new URL("../dist/agent/cli/main.js", import.meta.url));
const present = process.versions.node;

if (existsSync(source)) {
  const node = checkoutNode(root);
  // Node 22 and 23 run TypeScript too, with a warning on stderr, where the trainer's output goes.
  if (node !== undefined && !isAtLeast(present, 24, 0)) handOver(node, [source, ...process.argv.slice(2)]);
  else if (!existsSync(fileURLToPath(new URL("../node_modules", import.meta.url))))
    refuse(`its dependencies are missing: run \`npm ci\` in ${root}`);
  else if (isAtLeast(present, 22, 18)) await runHere(source);
  else refuse(`it needs Node 22.18 or newer, and this is ${present}: \`npm ci\` in ${root} brings one along`);
} else if (isAtLeast(present, 22, 13)) await runHere(built);
else refuse(`it needs Node 22.13 or newer, and this is ${present}`);

/** @param {string} program */
async function runHere(program) {
  process.argv[1] = program;
  await import(pathToFileURL(program).href);
}

/** @param {string} why */
function refuse(why) {
  process.stderr.write(`runcast cannot start: ${why}\n`);
  process.exitCode = 1;
}
