/** The object's one alarm: wishes for it in, as few writes as can be out. */
export class Alarm {
  readonly #ctx: DurableObjectState;
  /** What is known to be set, milliseconds since 1970. */
  #at: number | null = null;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Each `setAlarm` is a row written: only an earlier wish replaces the one that stands, which may be older than this object's memory. */
  at(at: number): void {
    if (this.#at !== null && this.#at <= at) return;
    this.#at = at;
    const { storage } = this.#ctx;
    this.#ctx.waitUntil(storage.getAlarm().then((standing) => (standing !== null && standing <= at ? undefined : storage.setAlarm(at))));
  }

  /** It went off, or was deleted with the run. */
  isOver(): void {
    this.#at = null;
  }
}
