import type { AnyEvent } from "../../protocol/index.ts";
import { agentLog } from "./agent-log.ts";

/** A time in which the disk took nothing. */
export type DiskOutage = {
  /** Something could not be written. */
  begin(now: number): void;
  /** A measurement gave way to a newer one while nothing could be written. */
  leftOut(): void;
  /** @returns what is to be recorded of it with what can be written again */
  report(now: number): AnyEvent[];
  end(): void;
};

export function createDiskOutage(): DiskOutage {
  let since: number | null = null;
  let measurements = 0;
  return {
    begin: (now) => {
      since ??= now;
    },
    leftOut: () => {
      measurements += 1;
    },
    report: (now) => {
      if (since === null) return [];
      const lost = measurements > 0 ? `; ${measurements} older measurements were left out` : "";
      const text = `the disk of the agent's spool took nothing for ${Math.ceil((now - since) / 1000)} s: what came meanwhile was held in memory${lost}`;
      return [agentLog("warning", text, now)];
    },
    end: () => {
      since = null;
      measurements = 0;
    },
  };
}
