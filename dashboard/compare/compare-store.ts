import { signal } from "@preact/signals";
import { RunSource } from "./run-source.ts";

/** The runs of a comparison, each opened once however the address changes. */
export class CompareStore {
  /** In the order of the address. */
  readonly sources = signal<readonly RunSource[]>([]);

  readonly #token: string;
  readonly #onUnauthorized: (code: string) => void;

  constructor(token: string, onUnauthorized: (code: string) => void) {
    this.#token = token;
    this.#onUnauthorized = onUnauthorized;
  }

  show(runs: readonly string[]): void {
    const known = new Map(this.sources.value.map((source) => [source.run, source]));
    const shown = runs.map((run) => known.get(run) ?? new RunSource(run, this.#token, this.#onUnauthorized));
    for (const source of known.values()) if (!shown.includes(source)) source.close();
    this.sources.value = shown;
  }

  readonly check = (): void => {
    if (document.hidden) return;
    for (const source of this.sources.value) source.check();
  };

  close(): void {
    for (const source of this.sources.value) source.close();
  }
}
