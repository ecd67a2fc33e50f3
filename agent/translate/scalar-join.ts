import type { WireNumber } from "../../protocol/numbers.ts";
import { ROLES, type Role, rank } from "./scalar-names.ts";

/** What a progress event carries of the scalars. */
export type StepScalars = { loss: WireNumber | null; smooth_loss: WireNumber | null; learning_rate: WireNumber | null };

/** Serialisable. `moments` are the last few changes, oldest first; each carries on what the ones before said. */
export type JoinState = {
  tags: { [R in Role]: { tag: string; rank: number } | null };
  moments: ({ t: number; step: number } & StepScalars)[];
};

const NOTHING: StepScalars = { loss: null, smooth_loss: null, learning_rate: null };

export const emptyJoin = (): JoinState => ({ tags: { loss: null, smooth_loss: null, learning_rate: null }, moments: [] });

/** Takes one scalar in. @returns whether it is one that a progress event carries. */
export function addScalar(join: JoinState, point: { t: number; tag: string; value: WireNumber; step: number }): boolean {
  const role = ROLES.find((candidate) => takes(join, candidate, point.tag));
  if (!role) return false;
  const last = join.moments.at(-1);
  if (last && last.step === point.step) {
    last[role] = point.value;
    last.t = point.t;
  } else {
    join.moments.push({ ...NOTHING, ...last, t: point.t, step: point.step, [role]: point.value });
  }
  return true;
}

/** @returns whether the tag is the role's series, after making it so where its name is better than the one known. */
function takes(join: JoinState, role: Role, tag: string): boolean {
  const known = join.tags[role];
  if (known?.tag === tag) return true;
  const quality = rank(role, tag);
  if (quality === null || (known && known.rank <= quality)) return false;
  join.tags[role] = { tag, rank: quality };
  return true;
}

/**
 * The scalars of a step are logged just before its progress is told. A batch may bring scalars of later steps first, so the times decide.
 *
 * @param t time of the progress, in seconds
 */
export function scalarsAt(join: JoinState, t: number): StepScalars {
  const { loss, smooth_loss, learning_rate } = join.moments.findLast((moment) => moment.t <= t) ?? NOTHING;
  return { loss, smooth_loss, learning_rate };
}

/** Forgets all but the newest moments; called when a batch is done. */
export function trimJoin(join: JoinState, kept = 4): void {
  if (join.moments.length > kept) join.moments.splice(0, join.moments.length - kept);
}
