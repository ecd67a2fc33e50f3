import { signal } from "@preact/signals";
import { type Answer, createApi } from "../../client/index.ts";
import type { RunSummary } from "../../protocol/index.ts";
import { signOut, whyOut } from "../session/session.ts";

const EVERY_MS = 3000;

/** The list of runs as it was last read, and what went wrong since. `at`: this machine's milliseconds. */
export type RunList = { runs: RunSummary[] | null; at: number | null; problem: string | null };

export const runList = signal<RunList>({ runs: null, at: null, problem: null });

/** Reads the list now and every few seconds while the page is seen. @returns what ends it */
export function pollRuns(token: string): () => void {
  const api = createApi({ url: location.origin, token });
  let timer: ReturnType<typeof setTimeout> | null = null;
  let ended = false;

  const read = async () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const answer = await api.runs();
    if (ended) return;
    runList.value = after(runList.value, answer);
    if (!answer.ok && answer.status === 401) signOut(whyOut(answer.code));
    else if (!document.hidden) timer = setTimeout(() => void read(), EVERY_MS);
  };
  const onVisible = () => {
    if (!document.hidden && timer === null) void read();
  };
  document.addEventListener("visibilitychange", onVisible);
  void read();
  return () => {
    ended = true;
    if (timer !== null) clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisible);
  };
}

function after(before: RunList, answer: Answer<RunSummary[]>): RunList {
  if (answer.ok) return { runs: answer.value, at: Date.now(), problem: null };
  const problem = answer.code === "unreachable" ? "The relay cannot be reached." : `The relay refuses the list: ${answer.message}.`;
  return { ...before, problem };
}
