/**
 * npm runs this at the end of `npm ci`, and before `npm pack`. A package that is published has to be built; an install must not fail
 * because something in a checkout does not build, which runs from its sources anyway.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkoutNode } from "../bin/hand-over.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packing = process.env.npm_command === "pack" || process.env.npm_command === "publish";
const node = checkoutNode(root);
// Without the development dependencies (`npm ci --omit=dev`) there is nothing to build with, and nothing is expected.
const possible = node !== undefined && existsSync(join(root, "node_modules", "typescript"));
const built = possible && spawnSync(node, [join(root, "scripts", "build.ts")], { stdio: ["ignore", 2, 2] }).status === 0;

if (!built && (possible || packing)) process.stderr.write("runcast: dist/ is not built\n");
if (!built && packing) process.exitCode = 1;
