import type { AnyEvent, EventPage } from "../../../protocol/index.ts";
import type { Relay } from "../../support/relay.ts";

/** The whole log of a run, page by page. */
export async function allEvents(relay: Relay, run: string): Promise<(AnyEvent & { offset: number })[]> {
  const token = await relay.token("viewer", run);
  const events: AnyEvent[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const response = await fetch(`${relay.url}/api/runs/${run}/events?after=${after}&limit=1000`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    if (!response.ok) throw new Error(`events: ${response.status} ${await response.text()}`);
    const page = (await response.json()) as EventPage;
    events.push(...page.events);
    after = page.next;
  }
  return events as (AnyEvent & { offset: number })[];
}

/** Every scalar in `metrics` events as `tag step value`, sorted: the form of `recordedScalars`. */
export function scalarsOf(events: readonly AnyEvent[]): string[] {
  const found: string[] = [];
  for (const event of events) {
    if (event.type !== "metrics") continue;
    const { steps, series } = event as unknown as { steps: number[]; series: Record<string, (number | string | null)[]> };
    for (const [tag, values] of Object.entries(series)) {
      for (const [index, value] of values.entries()) if (value !== null) found.push(`${tag} ${steps[index]} ${value}`);
    }
  }
  return found.sort();
}

/** Offsets 1, 2, 3, … without a hole. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
