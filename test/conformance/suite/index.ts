import type { Case } from "../support/case.ts";
import { access } from "./access.ts";
import { batchedMode } from "./batched-mode.ts";
import { blobs } from "./blobs.ts";
import { commands } from "./commands.ts";
import { handOver } from "./hand-over.ts";
import { health } from "./health.ts";
import { hibernation } from "./hibernation.ts";
import { numbering } from "./numbering.ts";
import { overHttp } from "./over-http.ts";
import { plainMode } from "./plain-mode.ts";
import { producing } from "./producing.ts";
import { resume } from "./resume.ts";
import { slowViewers } from "./slow-viewers.ts";

/** Every case, area by area. */
export const SUITE: readonly Case[] = [
  ...plainMode,
  ...batchedMode,
  ...resume,
  ...handOver,
  ...hibernation,
  ...slowViewers,
  ...numbering,
  ...producing,
  ...commands,
  ...health,
  ...access,
  ...blobs,
  ...overHttp,
];
