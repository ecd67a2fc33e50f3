import type { Context } from "./context.ts";

/** What a case needs beside a relay's URL and an owner's token. */
export type Need =
  /** The relay's key: to sign tokens that no relay would make. */
  | "secret"
  /** A Python on this machine, for a trainer. */
  | "python"
  /** What only Linux shows of processes. */
  | "linux"
  /** A relay that is spoken to without TLS: the case stands between it and a client. */
  | "plain-http";

export type Traits = {
  needs?: readonly Need[];
  /** Takes longer than a short run may, for a reason that stands beside it: run with `--slow`. */
  slow?: boolean;
  /** Disturbs other cases: runs by itself, after them. */
  alone?: boolean;
};

/** One thing that a relay, or the agent that speaks to it, has to do. */
export type Case = {
  /** The rules of SPEC.md that its title begins with; none for what only PROTOCOL's HTTP says. */
  rules: readonly string[];
  title: string;
  needs: readonly Need[];
  slow: boolean;
  alone: boolean;
  /** Rejects where the relay does something else. */
  run(at: Context): Promise<void>;
};

type Run = (at: Context) => Promise<void>;

/** Declares a case. Its title is a sentence with the IDs of its rules first, as a test's is: `conform("VW4 each offset …", …)`. */
export function conform(title: string, run: Run, { needs = [], slow = false, alone = false }: Traits = {}): Case {
  const ids = /^(?:[A-Z]{2}\d+(?:, | ))+/.exec(title)?.[0] ?? "";
  return { rules: ids.match(/[A-Z]{2}\d+/g) ?? [], title, needs, slow, alone, run };
}
