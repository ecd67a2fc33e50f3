import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { packageRoot } from "../config/paths.ts";

const manifest = z.looseObject({ name: z.string(), version: z.string() });
const { name, version } = manifest.parse(JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")));

/** How this agent introduces itself to a room. */
export const AGENT_NAME = name;
export const AGENT_VERSION = version;
