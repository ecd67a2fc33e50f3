import { signal } from "@preact/signals";
import { type Answer, createApi } from "../../client/index.ts";
import type { RunList as Page, RunSummary } from "../../protocol/index.ts";
import { signOut, whyOut } from "../session/session.ts";

/** A list is looked at, not stared at. */
const EVERY_MS = 3000;

/**
 * The list of runs as it was last read, and what went wrong since. `at`: this machine's milliseconds. `next`: where older runs begin that are
 * not here, null for none.
 */
export type RunList = { runs: RunSummary[] | null; at: number | null; problem: string | null; next: string | null };

const NOTHING: RunList = { runs: null, at: null, problem: null, next: null };

export const runList = signal<RunList>(NOTHING);

/** Runs of pages after the first: they are read once, as they change no more. */
let older: RunSummary[] = [];

/** Reads the list now and every few seconds while the page is seen. @returns what ends it */
export function pollRuns(token: string): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let ended = false;

  const read = async () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const answer = await createApi({ url: location.origin, token }).runsPage();
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
    older = [];
    runList.value = NOTHING;
  };
}

/** Reads the next page of older runs. */
export async function readOlderRuns(token: string | null): Promise<void> {
  const { next } = runList.value;
  if (token === null || next === null) return;
  const answer = await createApi({ url: location.origin, token }).runsPage({ before: next });
  if (!answer.ok) {
    runList.value = after(runList.value, answer);
    return;
  }
  older = [...older, ...answer.value.runs];
  runList.value = { ...runList.value, runs: merged(runList.value.runs ?? []), next: answer.value.next ?? null };
}

/** A run that was deleted here stands in no list any more. */
export function forgetRun(run: string): void {
  older = older.filter((each) => each.run !== run);
  runList.value = { ...runList.value, runs: runList.value.runs?.filter((each) => each.run !== run) ?? null };
}

function after(before: RunList, answer: Answer<Page>): RunList {
  if (answer.ok) {
    // With older pages here, the next one begins after the last of them.
    const next = older.length > 0 ? before.next : (answer.value.next ?? null);
    return { runs: merged(answer.value.runs), at: Date.now(), problem: null, next };
  }
  const problem = answer.code === "unreachable" ? "The relay cannot be reached." : `The relay refuses the list: ${answer.message}.`;
  return { ...before, problem };
}

/** Runs of the first page, then the older ones, each once. */
function merged(newest: readonly RunSummary[]): RunSummary[] {
  const here = new Set(newest.map(({ run }) => run));
  return [...newest, ...older.filter(({ run }) => !here.has(run))];
}
