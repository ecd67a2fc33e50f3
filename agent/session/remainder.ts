import type { Say } from "../log.ts";
import type { AgentConfig } from "./ipc.ts";
import type { Remaining } from "./session.ts";

/** Says what could not be delivered, where it is kept and what delivers it. */
export function remainder(say: Say, { events, samples }: Remaining, { run, spool }: Pick<AgentConfig, "run" | "spool">): void {
  const parts = [count(events, "event"), count(samples, "sample")].filter((part) => part !== null);
  if (parts.length === 0) return;
  say(
    "warning",
    `${parts.join(" and ")} could not be delivered. They are kept in ${spool}, and go out with the next \`runcast run --run ${run}\``,
  );
}

function count(n: number, noun: string): string | null {
  return n === 0 ? null : `${n} ${noun}${n === 1 ? "" : "s"}`;
}
