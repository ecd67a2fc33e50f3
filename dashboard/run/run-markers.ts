import { createApi, type RunEvent } from "../../client/index.ts";
import { type AnyEvent, parseEvent } from "../../protocol/index.ts";
import type { MarkerKind } from "../chart/markers.ts";
import type { CurveStore } from "../curves/curve-store.ts";

/** Something that happened in a run; `step` null where only its time was told. */
export type Happening = { kind: MarkerKind; step: number | null; time: number; text: string };

/** Read of the time before the page was opened, the newest: markers beyond these are not missed among as many. */
const OLDER_EVENTS = 500;
/** Kept: a run that saves every minute for days. */
const KEPT = 2000;
/** What a trainer calls its savings. */
const SAVING: Record<string, string> = { saving: "Saved", backup: "Backup" };

/** Saves, backups and commands of a run, for its charts. Samples and restarts are known elsewhere. */
export class RunMarkers {
  #live: Happening[] = [];
  #older: Happening[] = [];
  #reading: AbortController | null = null;
  #step: number | null = null;
  #phase: string | null = null;
  readonly #options: { url: string; run: string; token: () => string; curves: CurveStore; onChange: () => void };

  constructor(options: { url: string; run: string; token: () => string; curves: CurveStore; onChange: () => void }) {
    this.#options = options;
  }

  get count(): number {
    return this.#older.length + this.#live.length;
  }

  get all(): readonly Happening[] {
    return [...this.#older, ...this.#live];
  }

  /** @param before offsets from here on come live */
  begin(before: number): void {
    this.close();
    this.#live = [];
    this.#step = null;
    this.#phase = null;
    const reading = new AbortController();
    this.#reading = reading;
    void this.#readOlder(before, reading.signal);
  }

  close(): void {
    this.#reading?.abort();
  }

  /** @returns whether there is another marker */
  take(event: RunEvent): boolean {
    if (event.type === "training_progress") this.#step = event.global_step ?? this.#step;
    const found = happeningOf(event, this.#step, this.#phase);
    if (event.type === "training_status") this.#phase = event.phase ?? null;
    if (!found) return false;
    this.#live.push(found);
    if (this.#live.length > KEPT) this.#live.shift();
    return true;
  }

  async #readOlder(before: number, signal: AbortSignal): Promise<void> {
    const { url, run, token, curves, onChange } = this.#options;
    const api = createApi({ url, token: token(), fetch: (input, init) => fetch(input, { ...init, signal }) });
    const types = ["training_status", "command_status", "validation_result"];
    const page = await api.events(run, { before, limit: OLDER_EVENTS, events: types });
    if (signal.aborted || !page.ok) return;
    let phase: string | null = null;
    const events = page.value.events.flatMap((event) => knownEvent(event));
    this.#older = events.flatMap((event) => {
      const found = happeningOf(event, null, phase);
      if (event.type === "training_status") phase = event.phase ?? null;
      return found ?? [];
    });
    curves.addOlderValidation(events.filter((event) => event.type === "validation_result"));
    onChange();
  }
}

function knownEvent(event: AnyEvent): RunEvent[] {
  const parsed = parseEvent(event);
  return parsed.kind === "known" ? [{ ...parsed.event, offset: event.offset ?? 0, timestamp: event.timestamp ?? "" }] : [];
}

/** @param step the newest that was told. @param phase the one before the event */
function happeningOf(event: RunEvent, step: number | null, phase: string | null): Happening | null {
  const time = Date.parse(event.timestamp);
  if (event.type === "command_status" && event.state === "applied") {
    const { command, by, global_step } = event;
    const kind = command === "save" || command === "backup" ? "save" : "command";
    return { kind, step: global_step ?? step, time, text: by ? `${command} by ${by}` : command };
  }
  if (event.type !== "training_status") return null;
  const text = SAVING[event.phase ?? ""];
  return text === undefined || event.phase === phase ? null : { kind: "save", step, time, text };
}
