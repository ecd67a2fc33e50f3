import type { Answer } from "../../client/index.ts";
import type { AnyEvent, EventPage } from "../../protocol/index.ts";
import { backoff } from "../uplink/backoff.ts";

/** What a loop over pages meets in the world; time is a parameter. */
export type Pages = {
  ask: (after: number) => Promise<Answer<EventPage>>;
  /** In milliseconds. */
  wait: (ms: number) => Promise<unknown>;
  now: () => number;
  /** Called once each time that the relay has gone. */
  onAway: () => void;
};

export type Refused = Extract<Answer<unknown>, { ok: false }>;

/** A relay that is deployed anew or moved is back within minutes; a script that waits longer than this waits for somebody to look. */
export const RELAY_AWAY_MAX_MS = 600_000;

/**
 * The events after an offset, page by page, to the log's end. Once it has answered, a relay that goes away is waited for.
 * @returns null at the end, or the answer that ended it before
 */
export async function* eventPages(pages: Pages, from: number): AsyncGenerator<AnyEvent[], Refused | null> {
  let after: number | null = from;
  let answered = false;
  while (after !== null) {
    const answer: Answer<EventPage> = answered ? await askAgain(pages, after) : await pages.ask(after);
    if (!answer.ok) return answer;
    answered = true;
    yield answer.value.events;
    after = answer.value.next;
  }
  return null;
}

async function askAgain({ ask, wait, now, onAway }: Pages, after: number): Promise<Answer<EventPage>> {
  const since = now();
  for (let attempt = 0; ; attempt++) {
    const answer = await ask(after);
    if (answer.ok || !mayPass(answer) || now() - since >= RELAY_AWAY_MAX_MS) return answer;
    if (attempt === 0) onAway();
    await wait(backoff(attempt, Math.random()));
  }
}

/** @returns whether the same question may be answered later: the relay is not there, is too busy, or something in front of it says so */
function mayPass({ code, status }: Refused): boolean {
  return code === "unreachable" || status === 429 || status >= 500;
}
