import type { Case } from "../support/case.ts";
import { batchedMode } from "./batched-mode.ts";
import { blobs } from "./blobs.ts";
import { clients } from "./clients.ts";
import { commandLine } from "./command-line.ts";
import { commands } from "./commands.ts";
import { demand } from "./demand.ts";
import { handOver } from "./hand-over.ts";
import { health } from "./health.ts";
import { hibernation } from "./hibernation.ts";
import { limits } from "./limits.ts";
import { localPort } from "./local-port.ts";
import { numbering } from "./numbering.ts";
import { overHttp } from "./over-http.ts";
import { plainMode } from "./plain-mode.ts";
import { repeating } from "./repeating.ts";
import { reporting } from "./reporting.ts";
import { resume } from "./resume.ts";
import { revocation } from "./revocation.ts";
import { roles } from "./roles.ts";
import { sessions } from "./sessions.ts";
import { slowViewers } from "./slow-viewers.ts";
import { steering } from "./steering.ts";
import { storing } from "./storing.ts";
import { survival } from "./survival.ts";
import { tokens } from "./tokens.ts";

/** What a relay does, area by area. */
export const RELAY: readonly Case[] = [
  ...plainMode,
  ...batchedMode,
  ...resume,
  ...handOver,
  ...hibernation,
  ...slowViewers,
  ...numbering,
  ...repeating,
  ...storing,
  ...demand,
  ...commands,
  ...health,
  ...tokens,
  ...revocation,
  ...sessions,
  ...roles,
  ...limits,
  ...blobs,
  ...overHttp,
];

/** What this checkout's client and agent do at a relay; the agent in processes of its own, with trainers. */
export const AGENT: readonly Case[] = [...clients, ...reporting, ...survival, ...steering, ...localPort, ...commandLine];

export const SUITE: readonly Case[] = [...RELAY, ...AGENT];
