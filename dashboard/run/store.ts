import { batch, signal } from "@preact/signals";
import { type Api, type Connection, connect, createApi, type LinkState, type RunEvent } from "../../client/index.ts";
import type { Welcome } from "../../protocol/index.ts";
import { curvesOf } from "../curves/ask-curves.ts";
import { CurveStore } from "../curves/curve-store.ts";
import { addLine, addOlderLines, type LogLine } from "../model/log-lines.ts";
import { applyAny, applyEvent, EMPTY_VIEW, type RunView, viewOfSnapshot } from "../model/run-view.ts";
import { readHistory } from "./history.ts";
import { RunMarkers } from "./run-markers.ts";

/** Points of a series in the whole run: what this screen is wide, within what a phone and a large screen are. */
const POINTS = Math.round(Math.min(Math.max(screen.width, 500), 1000));

/**
 * One run as its page sees it: a live connection, the present state, curves and log. Events change plain values at once; what the page
 * reads (the signals) follows once a frame, however many events came, and not at all while the page is hidden.
 */
export class RunStore {
  readonly view = signal<RunView>(EMPTY_VIEW);
  readonly link = signal<LinkState>({ kind: "connecting", since: Date.now(), attempt: 0 });
  readonly lines = signal<readonly LogLine[]>([]);
  /** Rises with every change of a curve. */
  readonly drawn = signal(0);
  readonly connection: Connection;
  /** What is asked beside the connection, with the same token. */
  readonly api: Api;

  readonly curves: CurveStore;
  readonly markers: RunMarkers;

  readonly #options: { url: string; run: string; token: string };
  #view: RunView = EMPTY_VIEW;
  #lines: readonly LogLine[] = [];
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
    const changed = () => {
      this.#changes += 1;
      this.#schedule();
    };
    this.curves = new CurveStore({ ask: curvesOf(options), points: POINTS, onChange: changed });
    this.markers = new RunMarkers({ ...options, curves: this.curves, onChange: changed });
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
    this.curves.close();
    this.markers.close();
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
      this.#lines = [];
      this.curves.begin();
      this.#changes += 1;
      this.#toRead = { lastOffset: welcome.last_offset };
    }
    this.#schedule();
  }

  #take(event: RunEvent): void {
    if (this.#toRead !== null) this.#readOlder(this.#toRead.lastOffset, event.offset);
    this.#view = applyEvent(this.#view, event, this.localTime(event.timestamp));
    if (event.type === "log") this.#lines = addLine(this.#lines, event);
    const [isPoint, isMarker] = [this.curves.take(event), this.markers.take(event)];
    if (isPoint || isMarker) this.#changes += 1;
    this.#schedule();
  }

  /** The first event after a fresh start says where the replay begins: what lies before is read over HTTP. */
  #readOlder(lastOffset: number, firstOffset: number): void {
    this.#toRead = null;
    const reading = new AbortController();
    this.#reading = reading;
    const before = Math.min(firstOffset, lastOffset + 1);
    this.markers.begin(before);
    void readHistory({
      ...this.#options,
      before,
      signal: reading.signal,
      onLog: (events) => {
        const older = events.reduce<readonly LogLine[]>((lines, event) => addLine(lines, event), []);
        this.#lines = addOlderLines(this.#lines, older);
        this.#schedule();
      },
      onSample: (event) => {
        this.#view = { ...this.#view, samples: applyAny({ ...EMPTY_VIEW, samples: this.#view.samples }, event, 0).samples };
        this.#schedule();
      },
    });
  }

  #schedule(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      batch(() => {
        this.view.value = this.#view;
        this.lines.value = this.#lines;
        this.drawn.value = this.#changes;
      });
    });
  }
}
