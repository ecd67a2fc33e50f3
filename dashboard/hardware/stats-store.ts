import { signal } from "@preact/signals";
import type { Api } from "../../client/index.ts";
import { type EventOf, parseEvent } from "../../protocol/index.ts";
import { StatsHistory } from "./stats-history.ts";

/** As many as the history holds at one every two seconds. */
const EVENTS = 300;

/** The last minutes of the machine's figures: live, and once what the relay has of them. */
export class StatsStore {
  readonly history = new StatsHistory();
  /** Rises with every reading. */
  readonly version = signal(0);
  readonly #api: Api;
  readonly #run: string;
  #changes = 0;
  #generation = 0;

  constructor(api: Api, run: string) {
    this.#api = api;
    this.#run = run;
  }

  /** Nothing of what was here can be gone on from (VW3). @param lastOffset where the log ends now */
  begin(lastOffset: number): void {
    this.#generation += 1;
    this.history.clear();
    this.#changes += 1;
    void this.#read(lastOffset + 1);
  }

  take(event: EventOf<"system_stats"> & { timestamp: string }): void {
    this.history.add(event, Date.parse(event.timestamp));
    this.#changes += 1;
  }

  /** Once a frame. */
  publish(): void {
    this.version.value = this.#changes;
  }

  async #read(before: number): Promise<void> {
    const generation = this.#generation;
    const answer = await this.#api.events(this.#run, { before, limit: EVENTS, events: ["system_stats"] });
    if (!answer.ok || generation !== this.#generation) return;
    for (const event of answer.value.events) {
      const parsed = parseEvent(event);
      if (parsed.kind === "known" && parsed.event.type === "system_stats") {
        this.history.add(parsed.event, Date.parse(parsed.event.timestamp ?? ""));
      }
    }
    this.#changes += 1;
    this.publish();
  }
}
