import { formatPosition, type Position } from "../protocol/index.ts";
import { guarded } from "./guarded.ts";

/**
 * Where a position outlives the page. It says that everything up to it has been taken in: it is worth keeping only together with what was
 * made of those events. A page that begins empty needs the snapshot, not a position.
 */
export type PositionStore = {
  /** What was saved last, null where nothing was. */
  load(): string | null;
  /** Called at most once a second while the position moves, when the page goes away, and at the end. Keep what belongs to it here, too. */
  save(position: string): void;
};

/**
 * @param storage such as `sessionStorage`, which is a tab's own and lives as long as it
 * @param run the run that the position is of
 */
export function rememberIn(storage: Pick<Storage, "getItem" | "setItem">, run: string): PositionStore {
  const key = `runcast.position.${run}`;
  return { load: () => storage.getItem(key), save: (position) => storage.setItem(key, position) };
}

const EVERY_MS = 1000;

/** The page, where there is one. */
const page = () => globalThis as Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;

/** Saves a connection's position when that is cheap, and once more when it is the last chance. */
export class PositionKeeper {
  readonly #store: PositionStore;
  readonly #read: () => Position | null;
  readonly #save = () => guarded(() => this.save());
  #timer: ReturnType<typeof setTimeout> | null = null;
  #saved: string | null = null;

  /** @param read gives the position */
  constructor(store: PositionStore, read: () => Position | null) {
    this.#store = store;
    this.#read = read;
    // Not `unload`: that one is not told on phones, and keeps a page out of the browser's back-forward cache.
    page().addEventListener?.("pagehide", this.#save);
  }

  load(): string | null {
    this.#saved = this.#store.load();
    return this.#saved;
  }

  /** The position may have changed. */
  moved(): void {
    this.#timer ??= setTimeout(this.#save, EVERY_MS);
  }

  save(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const position = this.#read();
    const text = position === null ? null : formatPosition(position);
    if (text === null || text === this.#saved) return;
    this.#saved = text;
    this.#store.save(text);
  }

  /** The last word. */
  end(): void {
    page().removeEventListener?.("pagehide", this.#save);
    this.save();
  }
}
