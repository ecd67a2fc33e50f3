import type { Case } from "../support/case.ts";
import { batchedMode } from "./batched-mode.ts";
import { handOver } from "./hand-over.ts";
import { hibernation } from "./hibernation.ts";
import { plainMode } from "./plain-mode.ts";
import { resume } from "./resume.ts";
import { slowViewers } from "./slow-viewers.ts";

/** Every case, area by area. */
export const SUITE: readonly Case[] = [...plainMode, ...batchedMode, ...resume, ...handOver, ...hibernation, ...slowViewers];
