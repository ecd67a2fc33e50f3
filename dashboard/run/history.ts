import { createApi } from "../../client/index.ts";
import { type AnyEvent, type EventOf, type KnownEvent, parseEvent } from "../../protocol/index.ts";

type Stored<T> = T & { offset: number; timestamp: string };

export type HistoryReader = {
  url: string;
  run: string;
  token: string;
  /** Offsets from here on are on the page already. */
  before: number;
  signal: AbortSignal;
  onLog(events: Stored<EventOf<"log">>[]): void;
  onSample(event: AnyEvent): void;
};

const LOG_EVENTS = 300;

/** Reads samples and log once; the curves are asked for beside. */
export async function readHistory(reader: HistoryReader): Promise<void> {
  const { run, before, signal } = reader;
  const api = createApi({ url: reader.url, token: reader.token, fetch: (input, init) => fetch(input, { ...init, signal }) });
  const samples = await api.samples(run);
  if (signal.aborted) return;
  if (samples.ok) for (const event of samples.value) reader.onSample(event);

  const log = await api.events(run, { before, limit: LOG_EVENTS, events: ["log"] });
  if (signal.aborted) return;
  if (log.ok) reader.onLog(known(log.value.events).filter((event) => event.type === "log"));
}

function known(events: readonly AnyEvent[]): Stored<KnownEvent>[] {
  return events.flatMap((event) => {
    const parsed = parseEvent(event);
    return parsed.kind === "known" ? [{ ...parsed.event, offset: event.offset ?? 0, timestamp: event.timestamp ?? "" }] : [];
  });
}
