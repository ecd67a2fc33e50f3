import { rmSync } from "node:fs";
import { z } from "zod";
import { endGroup, membersOf, startOf } from "./process-group.ts";
import { readPrivate, type StateFolder, writePrivate } from "./state.ts";

/** Who uses a state folder. Two relays on one database would each overwrite what the other has numbered. */
const claim = z.object({
  pid: z.int(),
  /** See `startOf`: a later process with the same number is another. */
  started: z.string(),
  /** The process group of the relay, as soon as there is one. */
  group: z.int().optional(),
  url: z.string().optional(),
});
type Claim = z.infer<typeof claim>;

export type Claiming = { ok: true; ended_orphans: boolean; held: HeldClaim } | { ok: false; message: string };
export type HeldClaim = { setRelay(group: number, url: string): void; release(): void };

/**
 * Takes a state folder for this process. What a killed predecessor has left running is ended: it holds the port and the database.
 *
 * @returns the claim, or who has the folder
 */
export function claimState(state: StateFolder): Claiming {
  const other = read(state);
  if (other && other.pid !== process.pid && startOf(other.pid) === other.started) {
    const where = other.url === undefined ? "" : ` and serves ${other.url}`;
    return {
      ok: false,
      message: `Another relay uses ${state.path} (process ${other.pid})${where}. Stop it, or name another folder with --state.`,
    };
  }
  const ended_orphans = other?.group !== undefined && endOrphans(other.group);
  const mine: Claim = { pid: process.pid, started: startOf(process.pid) ?? "unknown" };
  write(state, mine);
  return {
    ok: true,
    ended_orphans,
    held: {
      setRelay: (group, url) => write(state, { ...mine, group, url }),
      release: () => rmSync(state.claim, { force: true }),
    },
  };
}

/** A group's number may have gone to strangers since: only one that workerd is in was ours. */
function endOrphans(group: number): boolean {
  if (!membersOf(group).some((member) => member.command.includes("workerd"))) return false;
  endGroup(group);
  return true;
}

function read(state: StateFolder): Claim | undefined {
  try {
    return claim.parse(JSON.parse(readPrivate(state.claim) ?? ""));
  } catch {
    return undefined;
  }
}

function write(state: StateFolder, value: Claim): void {
  writePrivate(state.claim, `${JSON.stringify(value)}\n`);
}
