import { batch, signal } from "@preact/signals";
import { type Api, type Connection, connect, createApi, type LinkState, type RunEvent } from "../../client/index.ts";
import type { Welcome } from "../../protocol/index.ts";
import { curvesOf } from "../curves/ask-curves.ts";
import { CurveStore } from "../curves/curve-store.ts";
import { StatsStore } from "../hardware/stats-store.ts";
import { LogStore } from "../log/log-store.ts";
import { applyEvent, EMPTY_VIEW, type RunView, viewOfSnapshot } from "../model/run-view.ts";
import { SampleStore } from "../samples/sample-store.ts";
import { RunMarkers } from "./run-markers.ts";

/** Points of a series in the whole run: what this screen is wide, within what a phone and a large screen are. */
const POINTS = Math.round(Math.min(Math.max(screen.width, 500), 1000));

export type Change = { before: RunView; view: RunView; event: RunEvent | null };

/** `caughtUp`: events that came after a loss that was recovered from, null where none was. `skew`: of the relay's clock, in milliseconds. */
export type Told = { heardAt: number | null; caughtUp: number | null; skew: number; expiresAt: string | null };

/**
 * One run as its page sees it: a live connection, the present state, curves and log. Events change plain values at once; what the page
 * reads (the signals) follows once a frame, however many events came, and not at all while the page is hidden.
 */
export class RunStore {
  readonly view = signal<RunView>(EMPTY_VIEW);
  readonly link = signal<LinkState>({ kind: "connecting", since: Date.now(), attempt: 0 });
  /** Rises with every change of a curve. */
  readonly drawn = signal(0);
  readonly connection: Connection;
  /**
   * Who hears of each change at once, also while the page is hidden and draws no frames: the view before and after, and the event; null
   * where the view was begun anew.
   */
  readonly heard = new Set<(change: Change) => void>();
  /** What is asked beside the connection, with the same token. */
  readonly api: Api;
  /** Somebody wants to take a sample, beginning with this prompt; null while nobody does. */
  readonly asking = signal<string | null>(null);
  /** About this page's own link, for whoever wants to know. */
  readonly told = signal<Told>({ heardAt: null, caughtUp: null, skew: 0, expiresAt: null });
  readonly stats: StatsStore;
  readonly log: LogStore;
  readonly samples: SampleStore;

  readonly curves: CurveStore;
  readonly markers: RunMarkers;

  #view: RunView = EMPTY_VIEW;
  #frame: number | null = null;
  /** Of curves: a log line draws no chart. */
  #changes = 0;
  #heardAt: number | null = null;
  #lastOffset = 0;
  /** This machine's clock against the relay's, in milliseconds. */
  #skew = 0;
  /** The newest offset at a fresh start whose first event has not come yet. */
  #replayEnds: number | null = null;

  /** @param options token: read anew for each question, so that a newer one takes over in place */
  constructor(options: { readonly url: string; readonly run: string; readonly token: string }) {
    this.api = createApi(options);
    this.stats = new StatsStore(this.api, options.run);
    this.log = new LogStore(this.api, options.run);
    this.samples = new SampleStore(this.api, options.run);
    const changed = () => {
      this.#changes += 1;
      this.#schedule();
    };
    this.curves = new CurveStore({ ask: curvesOf(options), points: POINTS, onChange: changed });
    const { url, run } = options;
    const token = () => options.token;
    this.markers = new RunMarkers({ url, run, token, curves: this.curves, onChange: changed });
    this.connection = connect({
      ...{ url, run },
      token: async () => token(),
      onAnswer: (message) => {
        if (message.type === "refreshed") this.told.value = { ...this.told.value, expiresAt: message.expires_at };
      },
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
    this.curves.close();
    this.markers.close();
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }

  #welcome(welcome: Welcome): void {
    const before = this.#view;
    this.#skew = Date.now() - Date.parse(welcome.timestamp);
    const caughtUp = welcome.recovered && this.#lastOffset > 0 ? Math.max(0, welcome.last_offset - this.#lastOffset) : null;
    this.told.value = { heardAt: this.#heardAt, caughtUp, skew: this.#skew, expiresAt: welcome.expires_at ?? null };
    if (welcome.recovered) {
      // What follows tells the rest.
      this.#view = { ...this.#view, role: welcome.role };
    } else {
      this.#view = viewOfSnapshot(welcome.snapshot, welcome.role, this.localTime);
      this.log.begin(welcome);
      this.stats.begin(welcome.last_offset);
      this.samples.begin(welcome.snapshot.samples);
      this.curves.begin();
      this.#changes += 1;
      this.#replayEnds = welcome.last_offset;
    }
    this.#tell({ before, view: this.#view, event: null });
    this.#schedule();
  }

  #take(event: RunEvent): void {
    // The first event after a fresh start says where the replay begins: what lies before is read over HTTP.
    if (this.#replayEnds !== null) this.markers.begin(Math.min(event.offset, this.#replayEnds + 1));
    this.#replayEnds = null;
    const before = this.#view;
    this.#view = applyEvent(before, event, this.localTime(event.timestamp));
    this.#tell({ before, view: this.#view, event });
    this.log.passes(event.offset);
    if (event.type === "sample_generated") this.samples.take(event);
    if (event.type === "log") this.log.take(event);
    if (event.type === "system_stats") this.stats.take(event);
    this.#heardAt = Date.now();
    this.#lastOffset = event.offset;
    const [isPoint, isMarker] = [this.curves.take(event), this.markers.take(event)];
    if (isPoint || isMarker) this.#changes += 1;
    this.#schedule();
  }

  #tell(change: Change): void {
    for (const hear of this.heard) hear(change);
  }

  #schedule(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      batch(() => {
        this.view.value = this.#view;
        this.stats.publish();
        this.log.publish();
        if (this.told.value.heardAt !== this.#heardAt) this.told.value = { ...this.told.value, heardAt: this.#heardAt };
        this.samples.publish();
        this.drawn.value = this.#changes;
      });
    });
  }
}
