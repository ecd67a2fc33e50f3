import { batch, signal } from "@preact/signals";
import { type Answer, type Api, type Connection, connect, createApi, type LinkState, type RunEvent } from "../../client/index.ts";
import { type AnyEvent, parseEvent, type RunDetail, type Welcome } from "../../protocol/index.ts";
import type { XRange } from "../chart/plot-line.ts";
import { curvesOf } from "../curves/ask-curves.ts";
import { CurveStore } from "../curves/curve-store.ts";
import type { Trace } from "../curves/trace.ts";
import { isOver } from "../model/progress.ts";
import { applyEvent, EMPTY_VIEW, type RunView, viewOfSnapshot } from "../model/run-view.ts";
import { lossName } from "../model/series.ts";
import { SAMPLES_MAX, type Sample, withSample } from "../samples/sample.ts";
import type { Axis } from "./address.ts";
import { livesOf, stepsWithin, type Timing } from "./align.ts";

/** What became of asking for a run. `absent`: there is nothing to show of it, and why. */
export type SourceState = { kind: "reading" } | { kind: "there" } | { kind: "absent"; why: string };

/** Of each series in the whole run. Eight runs are read at once, over a phone's network: a closer look asks for more. */
const POINTS = 600;
/** A relay that cannot be reached is asked again. */
const AGAIN_MS = 5000;
/** Curves of hours do not look another way twice a second, and each look costs a phone's battery all charts. */
const DRAW_EVERY_MS = 500;
/** All that moves on this page. */
const EVENTS = ["metrics", "training_progress", "training_status", "run_info", "sample_generated", "agent_status"];

/**
 * One run of a comparison: its present state, and its curves from the relay's history. One that goes on is followed over a connection: a
 * question every few seconds would be a request of its own each time, of which a relay has 100,000 a day, and a connection costs one.
 * A run that is over is asked once.
 */
export class RunSource {
  readonly run: string;
  readonly state = signal<SourceState>({ kind: "reading" });
  readonly view = signal<RunView>(EMPTY_VIEW);
  /** null where there is nothing to follow. */
  readonly link = signal<LinkState | null>(null);
  /** Newest first; null until they were read. */
  readonly samples = signal<readonly Sample[] | null>(null);
  /** Rises with every change of a curve. */
  readonly drawn = signal(0);
  readonly curves: CurveStore;
  name: string;

  readonly #token: string;
  readonly #api: Api;
  readonly #ending = new AbortController();
  readonly #onUnauthorized: (code: string) => void;
  #connection: Connection | null = null;
  #again: ReturnType<typeof setTimeout> | null = null;
  #drawing: ReturnType<typeof setTimeout> | null = null;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #view: RunView = EMPTY_VIEW;
  #changes = 0;
  /** Of a run that was asked for once: where its log ended. */
  #position: string | null = null;
  /** This machine's clock against the relay's, in milliseconds. */
  #skew = 0;

  constructor(run: string, token: string, onUnauthorized: (code: string) => void) {
    this.run = run;
    this.name = run;
    this.curves = new CurveStore({
      ask: curvesOf({ url: location.origin, run, token }),
      points: POINTS,
      onChange: () => this.#curvesChanged(),
    });
    this.#token = token;
    this.#onUnauthorized = onUnauthorized;
    const fetchUntilClosed: typeof fetch = (input, init) => fetch(input, { ...init, signal: this.#ending.signal });
    this.#api = createApi({ url: location.origin, token, fetch: fetchUntilClosed });
    void this.#open();
  }

  close(): void {
    this.#ending.abort();
    this.curves.close();
    this.#connection?.close();
    if (this.#again !== null) clearTimeout(this.#again);
    if (this.#drawing !== null) clearTimeout(this.#drawing);
  }

  /** The page is looked at again, or the network is back: whether the link still works, and whether a run that was over goes on. */
  check(): void {
    if (this.#connection) this.#connection.check();
    else if (this.state.value.kind !== "reading") void this.#open();
  }

  /** Every series by the trainer's own name. Of one that logs none its progress tells a loss. */
  get series(): ReadonlyMap<string, readonly Trace[]> {
    const names = this.curves.names();
    const series = new Map(names.map((name) => [name, this.curves.traces(name)]));
    if (lossName(names) === null && this.curves.progressNames().includes("loss")) series.set("loss", this.curves.progress("loss"));
    return series;
  }

  get timing(): Timing {
    return { stepsPerEpoch: this.#stepsPerEpoch, lives: livesOf(this.curves.segments, [...this.series.values()].flat()) };
  }

  /** @param range of the axis that is looked at closely; null: all of it */
  look(axis: Axis, range: XRange | null): void {
    const { series } = this;
    this.curves.look(range === null ? null : stepsWithin(series.values(), axis, this.timing, range), [...series.keys()]);
  }

  /** @returns a timestamp of the relay or the GPU machine in this machine's milliseconds */
  readonly localTime = (timestamp: string): number => {
    const at = Date.parse(timestamp);
    return Number.isNaN(at) ? Date.now() : Math.min(at + this.#skew, Date.now());
  };

  get #stepsPerEpoch(): number | null {
    // A trainer that tells 0 tells no maximum.
    return this.view.value.progress?.event.max_step || null;
  }

  async #open(): Promise<void> {
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
    const answer = await this.#api.run(this.run);
    if (this.#ending.signal.aborted) return;
    if (answer.ok) this.#begin(answer.value);
    else this.#refused(answer);
  }

  #begin({ name, snapshot, log_id, last_offset }: RunDetail): void {
    const position = `${log_id}:${last_offset}`;
    if (position === this.#position && this.state.value.kind === "there") return;
    this.#position = position;
    this.name = name ?? this.run;
    this.#view = viewOfSnapshot(snapshot, "viewer", this.localTime);
    this.#schedule();
    if (isOver(this.#view)) this.curves.begin();
    else this.#follow();
    void this.#readSamples();
  }

  #refused({ status, code, message }: Extract<Answer<unknown>, { ok: false }>): void {
    if (status === 401) {
      this.#onUnauthorized(code);
      return;
    }
    this.#absent(code, message);
    if (status === 0 || status === 429 || status >= 500) this.#again = setTimeout(() => void this.#open(), AGAIN_MS);
  }

  #absent(code: string, message: string): void {
    // What was here a moment ago and is not any more did not fail to start.
    const why = whyAbsent(code === "run_not_found" && this.state.value.kind === "there" ? "run_deleted" : code, message);
    this.curves.close();
    this.samples.value = null;
    this.state.value = { kind: "absent", why };
    this.#changed();
  }

  /** Without a replay: the history has all that was before. */
  #follow(): void {
    this.#connection ??= connect({
      url: location.origin,
      run: this.run,
      token: this.#token,
      events: EVENTS,
      replay: 0,
      onWelcome: (welcome) => this.#welcome(welcome),
      onEvent: (event) => this.#event(event),
      onState: (state) => this.#linked(state),
    });
  }

  #linked(state: LinkState): void {
    if (this.#ending.signal.aborted) return;
    this.link.value = state;
    if (state.kind !== "closed") return;
    this.#connection = null;
    const { code, message } = state.reason;
    if (code === "unauthorized" || code === "token_expired" || code === "token_revoked") this.#onUnauthorized(code);
    else this.#absent(code, message);
  }

  #welcome(welcome: Welcome): void {
    this.#skew = Date.now() - Date.parse(welcome.timestamp);
    if (welcome.recovered) return;
    this.#view = viewOfSnapshot(welcome.snapshot, welcome.role, this.localTime);
    this.#schedule();
    this.curves.begin();
  }

  #event(event: RunEvent): void {
    this.#view = applyEvent(this.#view, event, this.localTime(event.timestamp));
    if (event.type === "run_info") this.name = event.name ?? this.run;
    if (event.type === "sample_generated" && this.samples.value) this.samples.value = withSample(this.samples.value, event);
    if (this.curves.take(event)) this.#changed();
    else this.#schedule();
  }

  /** The history is here, or part of it finer; or it could not be read, and what comes live is shown all the same. */
  #curvesChanged(): void {
    if (this.curves.history.value === "reading" || this.#ending.signal.aborted || this.state.value.kind === "absent") return;
    this.state.value = { kind: "there" };
    this.#changed();
  }

  async #readSamples(): Promise<void> {
    const answer = await this.#api.samples(this.run, { limit: SAMPLES_MAX });
    if (answer.ok && !this.#ending.signal.aborted) this.samples.value = answer.value.samples.flatMap(sampleOf);
  }

  #changed(): void {
    this.#changes += 1;
    this.#schedule();
  }

  #schedule(): void {
    const wait = Math.max(0, this.#drawnAt + DRAW_EVERY_MS - performance.now());
    this.#drawing ??= setTimeout(() => {
      this.#drawing = null;
      this.#drawnAt = performance.now();
      batch(() => {
        this.view.value = this.#view;
        this.drawn.value = this.#changes;
      });
    }, wait);
  }
}

function sampleOf(event: AnyEvent): Sample[] {
  const parsed = parseEvent(event);
  return parsed.kind === "known" && parsed.event.type === "sample_generated"
    ? [{ ...parsed.event, ...(event.offset === undefined ? {} : { offset: event.offset }) }]
    : [];
}

function whyAbsent(code: string, message: string): string {
  switch (code) {
    case "run_not_found":
    case "not_found":
      return "there is no such run: it was deleted, or never started";
    case "run_deleted":
      return "this run was deleted";
    case "forbidden":
      return "not for the link that you are signed in with";
    case "unreachable":
      return "the relay cannot be reached; trying again";
    default:
      return `the relay says: ${message}`;
  }
}
