import { type Claims, coversRun, coversRuns } from "../../protocol/index.ts";

/** Runs of a token: those that it names, without those for which it was revoked. */
export type RunScope = { readonly runs: Claims["runs"]; readonly except: readonly string[] };

/** Who asks: a token's claims, and for which runs it was revoked since. */
export type Grant = Claims & RunScope;

/** @returns whether the token reaches the run; `revoked` where it once did */
export function reach(scope: RunScope, run: string): "yes" | "no" | "revoked" {
  if (!coversRun(scope.runs, run)) return "no";
  return isExcepted(scope, run) ? "revoked" : "yes";
}

/** @returns whether the token was revoked for all of its runs */
export function isRevoked(scope: RunScope): boolean {
  return scope.except.length > 0 && coversRuns([...scope.except], scope.runs);
}

/** @returns whether the token reaches every run, whichever there are */
export function reachesAll(scope: RunScope): boolean {
  return coversRuns(scope.runs, "*") && scope.except.length === 0;
}

/** @returns whether the token reaches every run that `asked` covers */
export function reachesRuns(scope: RunScope, asked: Claims["runs"]): boolean {
  return coversRuns(scope.runs, asked) && !scope.except.some((pattern) => overlaps(pattern, asked));
}

/** @returns the patterns of the token that it still reaches whole; null where there is none */
export function wholePatterns(scope: RunScope): string[] | null {
  const patterns = (typeof scope.runs === "string" ? [scope.runs] : scope.runs).filter((pattern) => reachesRuns(scope, pattern));
  return patterns.length === 0 ? null : patterns;
}

function isExcepted(scope: RunScope, run: string): boolean {
  return scope.except.length > 0 && coversRun([...scope.except], run);
}

/** @returns whether a run may exist that both cover */
function overlaps(one: string, others: Claims["runs"]): boolean {
  const patterns = typeof others === "string" ? [others] : others;
  return patterns.some((other) => coversRuns(one, other) || coversRuns(other, one));
}
