import type { Api } from "../../client/index.ts";
import type { Snapshot } from "../../protocol/index.ts";

/** Live connections to the run: how many, and the names that they go by, of which the relay tells the first 50. */
export type Viewers = Snapshot["viewers"];

/** People come and go in minutes, and each question is one of the 100,000 requests that a day has for free: 50 pages open all day ask 72,000. */
const EVERY_MS = 60_000;

/**
 * Asks who is watching, now and each minute while the page is seen, and never while it is hidden.
 * @param onTold null: nobody says at present
 * @returns what ends it
 */
export function pollPresence(api: Api, run: string, onTold: (viewers: Viewers | null) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let asking = false;
  let ended = false;

  const stopTimer = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const ask = async () => {
    stopTimer();
    asking = true;
    const answer = await api.run(run);
    asking = false;
    if (ended) return;
    onTold(answer.ok ? answer.value.snapshot.viewers : null);
    if (!document.hidden) timer = setTimeout(() => void ask(), EVERY_MS);
  };
  const onVisibility = () => {
    if (document.hidden) stopTimer();
    else if (!asking) void ask();
  };
  document.addEventListener("visibilitychange", onVisibility);
  if (!document.hidden) void ask();
  return () => {
    ended = true;
    stopTimer();
    document.removeEventListener("visibilitychange", onVisibility);
  };
}
