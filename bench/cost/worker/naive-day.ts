import { createDigest, type Digest } from "../../../agent/session/digest.ts";
import type { Bill } from "./bill.ts";
import { countedStorage } from "./counted-storage.ts";
import { STEP_MS, Trainer } from "./trainer.ts";

const MESSAGES_A_REQUEST = 20;
/** A page that polls nothing is opened anew this often, as for runcast. */
const RELOAD_EVERY_MS = 3_600_000;

/**
 * The relay that one would write first: the same events, one message and one row each, each sent on to every viewer; hibernating, or the
 * comparison would be about that alone. It keeps everything; a viewer that joins reads the newest 500.
 */
export class NaiveDay {
  readonly #bill: Bill;
  readonly #storage: ReturnType<typeof countedStorage>;
  readonly #trainer = new Trainer();
  readonly #digest: Digest;
  readonly #start: number;
  readonly #viewers: number;
  #elapsed = 0;
  events = 0;

  constructor(storage: DurableObjectStorage, bill: Bill, options: { start: number; viewers: number }) {
    this.#bill = bill;
    this.#start = options.start;
    this.#viewers = options.viewers;
    this.#storage = countedStorage(storage, bill);
    this.#storage.sql.exec("CREATE TABLE events (id INTEGER PRIMARY KEY, event TEXT NOT NULL)").toArray();
    this.#digest = createDigest({ runInfo: { name: "a day" }, at: options.start }, true);
    for (let i = 0; i <= options.viewers; i++) this.#upgrade();
  }

  get stored(): number {
    return this.events;
  }

  pass(ms: number): void {
    for (const end = this.#elapsed + ms; this.#elapsed < end; this.#elapsed += STEP_MS) {
      const at = this.#start + this.#elapsed;
      const { batch, samples } = this.#trainer.tick(this.#elapsed, at);
      const { events } = this.#digest.take(batch, { wall: at, monotonic: at });
      for (const event of [...events, ...samples]) this.#event(JSON.stringify(event));
      this.#upload(samples.length);
      if (this.#viewers > 0 && this.#elapsed > 0 && this.#elapsed % (RELOAD_EVERY_MS / this.#viewers) === 0) {
        this.#upgrade();
        this.#storage.sql.exec("SELECT event FROM events ORDER BY id DESC LIMIT 500").toArray();
      }
    }
  }

  #event(text: string): void {
    this.events += 1;
    this.#bill.messages_in += 1;
    this.#bill.object_requests += 1 / MESSAGES_A_REQUEST;
    this.#bill.handlers += 1;
    this.#bill.writes += 1;
    this.#bill.frames_out += this.#viewers;
    this.#storage.sql.exec("INSERT INTO events (event) VALUES (?)", text).toArray();
  }

  #upload(samples: number): void {
    this.#bill.worker_requests += samples * (2 + this.#viewers);
    this.#bill.r2_writes += samples * 2;
    this.#bill.r2_reads += samples * 2 + 2 * samples * this.#viewers;
  }

  #upgrade(): void {
    this.#bill.worker_requests += 1;
    this.#bill.object_requests += 1;
  }
}
