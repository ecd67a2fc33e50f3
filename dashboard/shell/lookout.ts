import type { RunView } from "../model/run-view.ts";
import type { Change } from "../run/store.ts";
import { awayNews, type News, newsOf } from "./news.ts";

/** An agent that is away for less is not worth waking somebody: laptops sleep, networks blink. */
export const AGENT_AWAY_MS = 5 * 60 * 1000;

/**
 * Decides what is told, and when: what happened since the page was hidden, each once. What is replayed of the time before was seen, or
 * is old.
 */
export class Lookout {
  readonly #told = new Set<string>();
  #hiddenSince: number | null = null;
  #agentAway: { since: string; at: number } | null = null;

  /** @param now milliseconds since 1970 */
  hide(now: number): void {
    this.#hiddenSince ??= now;
  }

  show(): void {
    this.#hiddenSince = null;
  }

  /** @param at when the event was true, on this machine's clock */
  hear({ before, view, event }: Change, at: number): News | null {
    this.#watchAgent(view, at);
    if (event === null) return null;
    const news = newsOf(event, before);
    if (news === null) return null;
    const isNew = !this.#told.has(news.key);
    // What was seen on the page is not told later either.
    this.#told.add(news.key);
    return isNew && this.#hiddenSince !== null && at >= this.#hiddenSince ? news : null;
  }

  /** Asked now and then, since nothing comes from an agent that is away. */
  tick(now: number): News | null {
    if (this.#agentAway === null || this.#hiddenSince === null || now - this.#agentAway.at < AGENT_AWAY_MS) return null;
    const news = awayNews(this.#agentAway.since, Math.floor((now - this.#agentAway.at) / 60_000));
    if (this.#told.has(news.key)) return null;
    this.#told.add(news.key);
    return news;
  }

  #watchAgent({ agent, status }: RunView, at: number): void {
    const isOver = ["completed", "stopped", "error"].includes(status?.event.status ?? "");
    if (agent === null || agent.connected || isOver) this.#agentAway = null;
    else this.#agentAway ??= { since: agent.since ?? String(at), at };
  }
}
