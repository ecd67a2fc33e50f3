import { batch, signal } from "@preact/signals";
import { type Api, type Connection, connect, createApi, type LinkState, type RunEvent } from "../../client/index.ts";
import { type EventOf, fromWire, type Welcome } from "../../protocol/index.ts";
import { LogStore } from "../log/log-store.ts";
import { Curves } from "../model/curves.ts";
import { applyEvent, EMPTY_VIEW, type RunView, viewOfSnapshot } from "../model/run-view.ts";
import { SampleStore } from "../samples/sample-store.ts";
import { type History, readHistory } from "./history.ts";

/**
 * One run as its page sees it: a live connection, the present state, curves and log. Events change plain values at once; what the page
 * reads (the signals) follows once a frame, however many events came, and not at all while the page is hidden.
 */
export class RunStore {
  readonly view = signal<RunView>(EMPTY_VIEW);
  readonly link = signal<LinkState>({ kind: "connecting", since: Date.now(), attempt: 0 });
  /** Rises with every change of a curve. */
  readonly drawn = signal(0);
  /** How the older part of the curves is coming. */
  readonly history = signal<History>({ kind: "none" });
  readonly connection: Connection;
  /** What is asked beside the connection, with the same token. */
  readonly api: Api;
  /** Somebody wants to take a sample, beginning with this prompt; null while nobody does. */
  readonly asking = signal<string | null>(null);
  readonly log: LogStore;
  readonly samples: SampleStore;

  /** Every scalar that the trainer logged; for one that logs none, what its progress carries. */
  metrics = new Curves();
  progress = new Curves();
  validation = new Curves();

  readonly #options: { url: string; run: string; token: string };
  #view: RunView = EMPTY_VIEW;
  #frame: number | null = null;
  /** Of curves: a log line draws no chart. */
  #changes = 0;
  /** This machine's clock against the relay's, in milliseconds. */
  #skew = 0;
  #toRead: { lastOffset: number } | null = null;
  #reading: AbortController | null = null;

  constructor(options: { url: string; run: string; token: string }) {
    this.#options = options;
    this.api = createApi(options);
    this.log = new LogStore(this.api, options.run);
    this.samples = new SampleStore(this.api, options.run);
    this.connection = connect({
      ...options,
      onWelcome: (welcome) => this.#welcome(welcome),
      onEvent: (event) => this.#take(event),
      onState: (state) => {
        this.link.value = state;
      },
    });
  }

  /** @returns a timestamp of the relay or the GPU machine in this machine's milliseconds */
  readonly localTime = (timestamp: string): number => {
    const at = Date.parse(timestamp);
    return Number.isNaN(at) ? Date.now() : Math.min(at + this.#skew, Date.now());
  };

  close(): void {
    this.connection.close();
    this.#reading?.abort();
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }

  #welcome(welcome: Welcome): void {
    this.#skew = Date.now() - Date.parse(welcome.timestamp);
    if (welcome.recovered) {
      // What follows tells the rest.
      this.#view = { ...this.#view, role: welcome.role };
    } else {
      this.#reading?.abort();
      this.#view = viewOfSnapshot(welcome.snapshot, welcome.role, this.localTime);
      this.log.begin(welcome);
      this.samples.begin(welcome.snapshot.samples);
      this.metrics = new Curves();
      this.progress = new Curves();
      this.validation = new Curves();
      this.#changes += 1;
      this.#toRead = { lastOffset: welcome.last_offset };
    }
    this.#schedule();
  }

  #take(event: RunEvent): void {
    if (this.#toRead !== null) this.#readOlder(this.#toRead.lastOffset, event.offset);
    this.#view = applyEvent(this.#view, event, this.localTime(event.timestamp));
    this.log.passes(event.offset);
    if (event.type === "sample_generated") this.samples.take(event);
    if (event.type === "log") this.log.take(event);
    else this.#addToCurves(event);
    this.#schedule();
  }

  #addToCurves(event: RunEvent): void {
    if (event.type === "metrics") this.metrics.addMetrics(event);
    else if (event.type === "training_progress") this.#addProgress(event);
    else if (event.type === "validation_result") this.#addValidation(event);
    else return;
    this.#changes += 1;
  }

  #addProgress(event: EventOf<"training_progress">): void {
    const { global_step: step } = event;
    if (typeof step !== "number") return;
    for (const name of ["loss", "smooth_loss", "learning_rate"] as const) {
      const value = fromWire(event[name]);
      if (value !== null) this.progress.add(name, step, value);
    }
  }

  #addValidation(event: EventOf<"validation_result">): void {
    const value = fromWire(event.validation_loss);
    if (typeof event.step === "number" && value !== null) this.validation.add(event.label ?? "validation", event.step, value);
  }

  /** The first event after a fresh start says where the replay begins: what lies before is read over HTTP, newest page first. */
  #readOlder(lastOffset: number, firstOffset: number): void {
    this.#toRead = null;
    const reading = new AbortController();
    this.#reading = reading;
    const { metrics, validation } = this;
    void readHistory({
      ...this.#options,
      before: Math.min(firstOffset, lastOffset + 1),
      signal: reading.signal,
      onMetrics: (events) => {
        metrics.addOlder(events);
        this.#changes += 1;
        this.#schedule();
      },
      onValidation: (label, step, value) => {
        validation.addOlderPoint(label, step, value);
        this.#changes += 1;
        this.#schedule();
      },
      onState: (state) => {
        this.history.value = state;
      },
    });
  }

  #schedule(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      batch(() => {
        this.view.value = this.#view;
        this.log.publish();
        this.samples.publish();
        this.drawn.value = this.#changes;
      });
    });
  }
}
