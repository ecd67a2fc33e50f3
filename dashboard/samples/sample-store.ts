import { signal } from "@preact/signals";
import type { Api } from "../../client/index.ts";
import { type AnyEvent, parseEvent } from "../../protocol/index.ts";
import { SAMPLES_MAX, type Sample, withSample } from "./sample.ts";

/** What lies before the samples that are here. */
export type OlderSamples =
  | { kind: "reading" }
  | { kind: "more"; before: number }
  | { kind: "complete" }
  | { kind: "failed"; message: string };

/** Samples of one answer: a few hundred kilobytes, and more than a screen shows. */
const PAGE = 300;

/** The run's samples as its page has them: live ones, and the older ones page by page. */
export class SampleStore {
  /** Newest first. */
  readonly samples = signal<readonly Sample[]>([]);
  readonly older = signal<OlderSamples>({ kind: "reading" });
  readonly #api: Api;
  readonly #run: string;
  #samples: readonly Sample[] = [];
  #generation = 0;

  constructor(api: Api, run: string) {
    this.#api = api;
    this.#run = run;
  }

  /** Nothing of what was here can be gone on from (VW3). @param known the newest, of the snapshot */
  begin(known: readonly AnyEvent[]): void {
    this.#generation += 1;
    this.#samples = [];
    for (const event of known) this.#add(event);
    this.older.value = { kind: "more", before: Number.MAX_SAFE_INTEGER };
    void this.readOlder();
  }

  take(sample: Sample): void {
    this.#samples = withSample(this.#samples, sample);
  }

  /** Once a frame. */
  publish(): void {
    this.samples.value = this.#samples;
  }

  async readOlder(): Promise<void> {
    const { value } = this.older;
    if (value.kind !== "more") return;
    const generation = this.#generation;
    this.older.value = { kind: "reading" };
    const { before } = value;
    const query = before === Number.MAX_SAFE_INTEGER ? { limit: PAGE } : { before, limit: PAGE };
    const answer = await this.#api.samples(this.#run, query);
    if (generation !== this.#generation) return;
    if (!answer.ok) {
      this.older.value = { kind: "failed", message: answer.message };
      return;
    }
    for (const event of answer.value.samples) this.#add(event);
    const next = answer.value.next ?? null;
    this.older.value = next === null || this.#samples.length >= SAMPLES_MAX ? { kind: "complete" } : { kind: "more", before: next };
    this.publish();
  }

  #add(event: AnyEvent): void {
    const parsed = parseEvent(event);
    if (parsed.kind === "known" && parsed.event.type === "sample_generated") this.#samples = withSample(this.#samples, parsed.event);
  }
}
