import { createApi } from "../../client/index.ts";
import { type AnyEvent, type EventOf, fromWire, type KnownEvent, parseEvent } from "../../protocol/index.ts";

/** The part of a run that lies before the replay. `failed`: what is on the page is right, and begins later than the run. */
export type History = { kind: "none" } | { kind: "reading" } | { kind: "complete" } | { kind: "failed"; message: string };

type Stored<T> = T & { offset: number; timestamp: string };

export type HistoryReader = {
  url: string;
  run: string;
  token: string;
  /** Offsets from here on are on the page already. */
  before: number;
  signal: AbortSignal;
  /** A page, by rising offset; later calls bring older ones. */
  onMetrics(events: EventOf<"metrics">[]): void;
  onValidation(label: string, step: number, value: number): void;
  onState(state: History): void;
};

const PAGE_EVENTS = 1000;

/** Reads the curves page by page backwards, so that the newest part is there first. */
export async function readHistory(reader: HistoryReader): Promise<void> {
  const { run, before, signal } = reader;
  const api = createApi({ url: reader.url, token: reader.token, fetch: (input, init) => fetch(input, { ...init, signal }) });
  reader.onState({ kind: "reading" });

  let next: number | null = before;
  while (next !== null) {
    const page = await api.events(run, { before: next, limit: PAGE_EVENTS, events: ["metrics", "validation_result"] });
    if (signal.aborted) return;
    if (!page.ok) return reader.onState({ kind: "failed", message: page.message });
    const events = known(page.value.events);
    reader.onMetrics(events.filter((event) => event.type === "metrics"));
    for (const event of events) if (event.type === "validation_result") validation(reader, event);
    next = page.value.next;
  }
  reader.onState({ kind: "complete" });
}

function validation(reader: HistoryReader, event: EventOf<"validation_result">): void {
  const value = fromWire(event.validation_loss);
  if (typeof event.step === "number" && value !== null) reader.onValidation(event.label ?? "validation", event.step, value);
}

function known(events: readonly AnyEvent[]): Stored<KnownEvent>[] {
  return events.flatMap((event) => {
    const parsed = parseEvent(event);
    return parsed.kind === "known" ? [{ ...parsed.event, offset: event.offset ?? 0, timestamp: event.timestamp ?? "" }] : [];
  });
}
