import { z } from "zod";
import { ID_PATTERN, JTI_MAX_LENGTH, NAME_MAX_LENGTH } from "./limits.ts";

export const role = z.enum(["viewer", "operator", "agent", "owner"]);
export type Role = z.infer<typeof role>;

/** `*`, an id, or a prefix and one `*` at its end. */
const runPattern = z.string().regex(/^(?:\*|[A-Za-z0-9._-]{1,64}\*?)$/);

/** Shown to others, on terminals too: no control characters, and nothing that no encoding can write (half a surrogate pair). */
const SHOWABLE = /^[^\p{Cc}\p{Cs}]*$/u;

/** What stands in the path of `DELETE /api/tokens/:jti`: a URL has no way to say `.` or `..`, so such a token could never be revoked. */
const REVOCABLE = /^(?!\.{1,2}$)/;

/** What a token says (AC1). `sub`, `role`, `runs` and `exp` are required. */
export const claims = z.looseObject({
  sub: z.string().min(1).max(NAME_MAX_LENGTH).regex(SHOWABLE),
  role,
  runs: z.union([runPattern, z.array(runPattern).min(1).max(64)]),
  /** Seconds since 1970. */
  exp: z.int().min(1),
  jti: z.string().min(1).max(JTI_MAX_LENGTH).regex(SHOWABLE).regex(REVOCABLE).optional(),
  nbf: z.number().optional(),
  iat: z.number().optional(),
});
export type Claims = z.infer<typeof claims>;

/**
 * @param runs the claim of a token
 * @param run a run's id
 * @returns whether the token covers the run; an id is never taken for a prefix
 */
export function coversRun(runs: Claims["runs"], run: string): boolean {
  const patterns = typeof runs === "string" ? [runs] : runs;
  return patterns.some((pattern) => (pattern.endsWith("*") ? run.startsWith(pattern.slice(0, -1)) : pattern === run));
}

/**
 * @param held the claim of a token
 * @param asked the claim that another token is to have
 * @returns whether every run that `asked` covers is covered by `held`, whichever runs there are
 */
export function coversRuns(held: Claims["runs"], asked: Claims["runs"]): boolean {
  const patterns = typeof asked === "string" ? [asked] : asked;
  // A prefix is covered by the same prefix, or a shorter one; ids never cover a prefix, however many there are.
  return patterns.every((pattern) => {
    if (!pattern.endsWith("*")) return coversRun(held, pattern);
    const prefixes = (typeof held === "string" ? [held] : held).filter((each) => each.endsWith("*"));
    return prefixes.some((prefix) => pattern.startsWith(prefix.slice(0, -1)));
  });
}

/** @returns whether the text may name a run. */
export function isRunId(text: string): boolean {
  return ID_PATTERN.test(text) && text !== "." && text !== "..";
}
