import { signal } from "@preact/signals";
import type { Api } from "../../client/index.ts";
import { parseEvent, type Welcome } from "../../protocol/index.ts";
import { LogBuffer, type LogEvent } from "./log-buffer.ts";

/** What lies before the lines that are here. */
export type Older =
  | { kind: "unknown" }
  | { kind: "more" }
  | { kind: "reading" }
  /** The first line is the run's first. */
  | { kind: "beginning" }
  /** The relay has no older ones any more. */
  | { kind: "trimmed" }
  /** There is no room for more here. */
  | { kind: "full" }
  | { kind: "failed"; message: string };

/** Lines of one answer: what a phone's screen has a few dozen times. */
const PAGE = 1000;
/** Answers without a line, one after the other, until it is left to whoever scrolls to ask again. */
const EMPTY_PAGES = 5;

/** The run's log as its page has it: what is live, and what is read from the relay when somebody scrolls there. */
export class LogStore {
  readonly buffer = new LogBuffer();
  /** Rises with every change of the buffer, once a frame. */
  readonly version = signal(0);
  readonly older = signal<Older>({ kind: "unknown" });
  readonly #api: Api;
  readonly #run: string;
  #changes = 0;
  /** Events before this offset have not been asked for; null where there are none. */
  #before: number | null = null;
  /** The first event since a fresh start has come. */
  #begun = false;
  #oldestOffset = 1;
  #lastOffset = 0;
  /** Of what is being read: a fresh start makes it worthless. */
  #generation = 0;

  constructor(api: Api, run: string) {
    this.#api = api;
    this.#run = run;
  }

  /** Nothing of what was here can be gone on from (VW3). */
  begin({ last_offset, oldest_offset }: Welcome): void {
    this.#generation += 1;
    this.buffer.clear();
    this.#before = null;
    this.#begun = false;
    this.#oldestOffset = oldest_offset;
    this.#lastOffset = last_offset;
    this.older.value = { kind: "unknown" };
    this.#changes += 1;
    // A run whose replay has nothing, and that is over, tells no first event.
    if (last_offset === 0) this.older.value = { kind: "beginning" };
  }

  /** Every event of the run goes by here: the first one after a fresh start says where older lines begin. */
  passes(offset: number): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#before = Math.min(offset, this.#lastOffset + 1);
    this.older.value = { kind: "more" };
    void this.readOlder();
  }

  take(event: LogEvent): void {
    this.buffer.append(event);
    this.#changes += 1;
  }

  /** Once a frame. */
  publish(): void {
    this.version.value = this.#changes;
  }

  /** Reads a page of older lines, unless there are none, or one is being read. */
  async readOlder(): Promise<void> {
    const { kind } = this.older.value;
    if (this.#before === null || (kind !== "more" && kind !== "failed")) return;
    if (this.buffer.isFull) {
      this.older.value = { kind: "full" };
      return;
    }
    const generation = this.#generation;
    this.older.value = { kind: "reading" };
    const events: LogEvent[] = [];
    for (let pages = 0; events.length === 0 && pages < EMPTY_PAGES && this.#before !== null; pages += 1) {
      const answer = await this.#api.events(this.#run, { before: this.#before, limit: PAGE, events: ["log"] });
      if (generation !== this.#generation) return;
      if (!answer.ok) {
        this.older.value = { kind: "failed", message: answer.message };
        return;
      }
      for (const event of answer.value.events) {
        const parsed = parseEvent(event);
        if (parsed.kind === "known" && parsed.event.type === "log") events.push(parsed.event as LogEvent);
      }
      this.#before = answer.value.next;
    }
    this.buffer.prepend(events);
    this.#changes += 1;
    this.older.value = this.#before === null ? { kind: this.#oldestOffset > 1 ? "trimmed" : "beginning" } : { kind: "more" };
    this.publish();
  }
}
