import { signal } from "@preact/signals";
import { type Answer, type Api, type Connection, connect, createApi, type LinkState, type RunEvent } from "../../client/index.ts";
import { type AnyEvent, fromWire, parseEvent, type RunDetail, type Welcome } from "../../protocol/index.ts";
import { isOver } from "../model/progress.ts";
import { applyEvent, EMPTY_VIEW, type RunView, viewOfSnapshot } from "../model/run-view.ts";
import { addSample, type Sample } from "../model/samples.ts";
import { lossName } from "../model/series.ts";
import { type Life, livesOf, type Timing } from "./align.ts";
import { type Metrics, type MetricsQuery, readMetrics, type Segment } from "./read-metrics.ts";
import { addLive, emptyRunCurve, type RunCurve } from "./run-curve.ts";

/** What became of asking for a run. `absent`: there is nothing to show of it, and why. */
export type SourceState = { kind: "reading" } | { kind: "there" } | { kind: "absent"; why: string };

/** Small charts stand side by side: more entries than they have pixels help nobody, and there are many of them. */
const POINTS_OVERVIEW = 250;
const POINTS_LOSS = 1000;
const AGAIN_MS = 5000;
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
  /** Changed in place. */
  readonly curves = new Map<string, RunCurve>();
  name: string;

  readonly #token: string;
  readonly #api: Api;
  readonly #ending = new AbortController();
  readonly #onUnauthorized: (code: string) => void;
  #segments: readonly Segment[] = [];
  #connection: Connection | null = null;
  #again: ReturnType<typeof setTimeout> | null = null;
  #frame: number | null = null;
  #view: RunView = EMPTY_VIEW;
  #changes = 0;
  #skew = 0;
  /** Events that came while the history was being read; null: it is here. */
  #waiting: RunEvent[] | null = null;

  constructor(run: string, token: string, onUnauthorized: (code: string) => void) {
    this.run = run;
    this.name = run;
    this.#token = token;
    this.#onUnauthorized = onUnauthorized;
    const fetchUntilClosed: typeof fetch = (input, init) => fetch(input, { ...init, signal: this.#ending.signal });
    this.#api = createApi({ url: location.origin, token, fetch: fetchUntilClosed });
    void this.#open();
  }

  close(): void {
    this.#ending.abort();
    this.#connection?.close();
    if (this.#again !== null) clearTimeout(this.#again);
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }

  /** The page is looked at again, or the network is back: whether the link still works, and whether a run that was over goes on. */
  check(): void {
    if (this.#connection) this.#connection.check();
    else if (this.state.value.kind !== "reading") void this.#open();
  }

  get timing(): Timing {
    const stepsPerEpoch = this.view.value.progress?.event.max_step ?? null;
    return { stepsPerEpoch: stepsPerEpoch === 0 ? null : stepsPerEpoch, lives: this.lives };
  }

  get lives(): Life[] {
    return livesOf(this.#segments, this.curves.values());
  }

  get hasTimes(): boolean {
    for (const { times } of this.curves.values()) if (times.some(Number.isFinite)) return true;
    return false;
  }

  /** Finer curves of a part of the run. */
  read(query: MetricsQuery, signal: AbortSignal): Promise<Metrics | null> {
    return readMetrics(this.#token, this.run, query, AbortSignal.any([signal, this.#ending.signal])).then((answer) =>
      answer.ok ? answer.value : null,
    );
  }

  readonly #localTime = (timestamp: string): number => {
    const at = Date.parse(timestamp);
    return Number.isNaN(at) ? Date.now() : Math.min(at + this.#skew, Date.now());
  };

  async #open(): Promise<void> {
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
    const answer = await this.#api.run(this.run);
    if (this.#ending.signal.aborted) return;
    if (!answer.ok) {
      this.#refused(answer);
      return;
    }
    this.#take(answer.value);
    if (isOver(this.#view)) await this.#readCurves();
    else this.#follow();
    await this.#readSamples();
  }

  #take({ name, snapshot }: RunDetail): void {
    this.name = name ?? this.run;
    this.#view = viewOfSnapshot(snapshot, "viewer", this.#localTime);
    this.view.value = this.#view;
  }

  #refused({ status, code, message }: Extract<Answer<unknown>, { ok: false }>): void {
    if (status === 401) {
      this.#onUnauthorized(code);
      return;
    }
    const comesBack = status === 0 || status === 429 || status >= 500;
    this.#absent(code, message);
    if (comesBack) this.#again = setTimeout(() => void this.#open(), AGAIN_MS);
  }

  #absent(code: string, message: string): void {
    // What was here a moment ago and is not any more did not fail to start.
    const why = whyAbsent(code === "run_not_found" && this.state.value.kind === "there" ? "run_deleted" : code, message);
    this.curves.clear();
    this.samples.value = null;
    this.state.value = { kind: "absent", why };
    this.#changes += 1;
    this.#schedule();
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
    this.link.value = state;
    if (state.kind !== "closed" || this.#ending.signal.aborted) return;
    this.#connection = null;
    const { code, message } = state.reason;
    if (code === "unauthorized" || code === "token_expired" || code === "token_revoked") this.#onUnauthorized(code);
    else this.#absent(code, message);
  }

  #welcome(welcome: Welcome): void {
    this.#skew = Date.now() - Date.parse(welcome.timestamp);
    if (welcome.recovered) return;
    this.#view = viewOfSnapshot(welcome.snapshot, welcome.role, this.#localTime);
    this.#schedule();
    void this.#readCurves();
  }

  #event(event: RunEvent): void {
    if (this.#waiting !== null) this.#waiting.push(event);
    else this.#apply(event);
  }

  #apply(event: RunEvent): void {
    this.#view = applyEvent(this.#view, event, this.#localTime(event.timestamp));
    if (event.type === "run_info") this.name = event.name ?? this.run;
    if (event.type === "metrics") this.#addMetrics(event.steps, event.series, Date.parse(event.timestamp));
    if (event.type === "sample_generated" && this.samples.value) this.samples.value = addSample(this.samples.value, event);
    this.#schedule();
  }

  #addMetrics(steps: readonly number[], series: Record<string, readonly (number | string | null)[]>, time: number): void {
    for (const [name, values] of Object.entries(series)) {
      const curve = this.curves.get(name) ?? emptyRunCurve();
      this.curves.set(name, curve);
      for (const [index, step] of steps.entries()) {
        const value = values[index];
        if (value !== null && value !== undefined) addLive(curve, step, time, Number(value));
      }
    }
    this.#changes += 1;
  }

  /** All series coarsely, then the loss finely. What came meanwhile is added behind, where the history does not have it yet. */
  async #readCurves(): Promise<void> {
    const { signal } = this.#ending;
    const waiting: RunEvent[] = [];
    this.#waiting = waiting;
    const all = await readMetrics(this.#token, this.run, { points: POINTS_OVERVIEW }, signal);
    if (signal.aborted || this.#waiting !== waiting) return;
    if (!all.ok) {
      this.#refused(all);
      return;
    }
    const loss = lossName([...all.value.series.keys()]);
    const fine = loss === null ? null : await readMetrics(this.#token, this.run, { keys: [loss], points: POINTS_LOSS }, signal);
    if (signal.aborted || this.#waiting !== waiting) return;
    this.#waiting = null;
    this.curves.clear();
    for (const [name, curve] of [...all.value.series, ...(fine?.ok ? fine.value.series : [])]) this.curves.set(name, curve);
    this.#segments = all.value.segments;
    for (const event of waiting) this.#apply(event.type === "metrics" ? notYetIn(this.curves, event) : event);
    this.#changes += 1;
    this.state.value = { kind: "there" };
    this.#schedule();
  }

  async #readSamples(): Promise<void> {
    const answer = await this.#api.samples(this.run);
    if (!answer.ok || this.#ending.signal.aborted) return;
    this.samples.value = answer.value.flatMap(sampleOf);
  }

  #schedule(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.view.value = this.#view;
      this.drawn.value = this.#changes;
    });
  }
}

type MetricsEvent = Extract<RunEvent, { type: "metrics" }>;

/** An event that came while the history was read may be in it: its steps up to the newest that the history has are left out. */
function notYetIn(curves: ReadonlyMap<string, RunCurve>, event: MetricsEvent): MetricsEvent {
  const series = Object.entries(event.series).map(([name, values]) => {
    const newest = curves.get(name)?.steps.at(-1) ?? Number.NEGATIVE_INFINITY;
    return [name, values.map((value, index) => ((event.steps[index] ?? 0) > newest ? value : null))] as const;
  });
  return { ...event, series: Object.fromEntries(series) };
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

/** @returns the run's pace as it tells it now, in steps a second */
export function tellsPace(view: RunView): number | null {
  return fromWire(view.progress?.event.steps_per_second);
}
