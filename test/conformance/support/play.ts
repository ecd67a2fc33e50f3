import { findPython } from "../../../scripts/python.ts";
import type { Case, Need } from "./case.ts";
import { createContext } from "./context.ts";
import type { Target } from "./target.ts";

export type Outcome = { kind: "ok"; ms: number } | { kind: "failed"; ms: number; error: unknown } | { kind: "skipped"; why: string };

/** A case that has not ended after this long never will. In milliseconds. */
export const CASE_MS = 90_000;
export const SLOW_CASE_MS = 240_000;

/** @returns why the case cannot be run on this target from this machine, null where it can */
export function missing(one: Case, target: Target, options: { slow: boolean }): string | null {
  if (one.slow && !options.slow) return "slow: run with --slow";
  for (const need of one.needs) if (!has(need, target)) return WHY[need];
  return null;
}

const WHY: Record<Need, string> = {
  secret: "needs the relay's secret: run with --secret",
  python: "needs Python 3.10 or newer on the PATH",
  linux: "needs Linux",
  "plain-http": "needs a relay without TLS in front of it",
};

function has(need: Need, target: Target): boolean {
  switch (need) {
    case "secret":
      return target.secret !== null;
    case "python":
      return findPython(process.env) !== undefined;
    case "linux":
      return process.platform === "linux";
    case "plain-http":
      return target.url.startsWith("http:");
  }
}

/** Runs one case to its end. Does not reject. */
export async function play(one: Case, target: Target): Promise<Outcome> {
  const began = performance.now();
  const { at, end } = createContext(target);
  const ms = () => Math.round(performance.now() - began);
  const limit_ms = one.slow ? SLOW_CASE_MS : CASE_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the case has not ended after ${limit_ms / 1000} s`)), limit_ms);
  });
  try {
    await Promise.race([one.run(at), late]);
    return { kind: "ok", ms: ms() };
  } catch (error) {
    return { kind: "failed", ms: ms(), error };
  } finally {
    clearTimeout(timer);
    await end();
  }
}
