import { signal } from "@preact/signals";
import type { RunEvent } from "../../client/index.ts";
import { fromWire } from "../../protocol/index.ts";
import type { AskCurves, Segment } from "./ask-curves.ts";
import { FinerCurves } from "./finer-curves.ts";
import { LiveSeries } from "./live-series.ts";
import type { StepRange } from "./range-cache.ts";
import type { Trace } from "./trace.ts";

/** How the part of the curves that lies before the live one is coming. `failed`: what is on the page is right, and begins later than the run. */
export type CurveHistory = "reading" | "complete" | "failed";

type Point = { name: string; step: number; time: number; value: number };

/** What a trainer that logs no scalars says with its progress. */
const PROGRESS_SERIES = ["loss", "smooth_loss", "learning_rate"] as const;
/** After a failure it is asked again, so late. */
const RETRY_MS = [2_000, 8_000, 30_000];
/** An answer that takes longer will not come: what waits behind it must not grow without end. */
const ANSWER_MAX_MS = 30_000;

/**
 * Every curve of a run: asked of the relay once, told live from then on, and finer where somebody looks closely. What was on the page stays
 * until something better is here.
 */
export class CurveStore {
  readonly history = signal<CurveHistory>("reading");
  /** Lives of the training, as the relay tells them; none of an older relay. */
  segments: readonly Segment[] = [];
  #metrics = new LiveSeries();
  #progress = new LiveSeries();
  #validation = new LiveSeries();
  /** What was told while the history is being read; null: it is not. */
  #waiting: Point[] | null = null;
  /** What comes live is shown although the history is not here yet: there is nothing that it could contradict. */
  #provisional = true;
  #reading: AbortController | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  readonly #finer: FinerCurves;
  readonly #ask: AskCurves;
  readonly #points: number;
  readonly #onChange: () => void;

  /** @param points of each series in the whole run: what the screen shows */
  constructor({ ask, points, onChange }: { ask: AskCurves; points: number; onChange: () => void }) {
    this.#ask = ask;
    this.#points = points;
    this.#onChange = onChange;
    this.#finer = new FinerCurves({ ask, points, onChange });
  }

  /** Series of `metrics` events, as the trainer named them. */
  names(): string[] {
    return [...this.#metrics.names()];
  }

  /** Labels that were told as `validation_result` alone. */
  validationLabels(): string[] {
    return [...this.#validation.names()];
  }

  progressNames(): string[] {
    return [...this.#progress.names()];
  }

  /** @returns a series' lives, the oldest first; where somebody looks closely, finer */
  traces(name: string): readonly Trace[] {
    return this.#finer.over(name, this.#metrics.traces(name));
  }

  validation(label: string): readonly Trace[] {
    return this.#validation.traces(label);
  }

  progress(name: string): readonly Trace[] {
    return this.#progress.traces(name);
  }

  /** For a test of bounds. */
  get entries(): number {
    return this.#metrics.entries + this.#progress.entries + this.#validation.entries;
  }

  /** A connection that recovered nothing: the curves are asked for anew. */
  begin(): void {
    this.#provisional = this.#metrics.entries === 0;
    this.#progress = new LiveSeries();
    this.#validation = new LiveSeries();
    this.#read(0);
  }

  close(): void {
    this.#reading?.abort();
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#finer.close();
  }

  /** @param event is newer than all before. @returns whether it changed a curve */
  take(event: RunEvent): boolean {
    const time = Date.parse(event.timestamp);
    if (event.type === "metrics") this.#takeMetrics(event, time);
    else if (event.type === "training_progress") this.#takeProgress(event, time);
    else if (event.type === "validation_result") this.#takeValidation(event, time);
    else return false;
    return true;
  }

  /** Results that were told before everything that came live. @param events by rising offset */
  addOlderValidation(events: readonly Extract<RunEvent, { type: "validation_result" }>[]): void {
    const newer = this.#validation;
    this.#validation = new LiveSeries();
    for (const event of events) this.#takeValidation(event, Date.parse(event.timestamp));
    for (const label of newer.names()) {
      for (const trace of newer.traces(label)) {
        for (const [index, step] of trace.steps.entries())
          this.#validation.add(label, step, trace.times[index] ?? Number.NaN, trace.last[index] ?? Number.NaN);
      }
    }
    this.#onChange();
  }

  /** @param range of steps that is on the screen; null: the whole run. @param names of the series that are */
  look(range: StepRange | null, names: readonly string[]): void {
    this.#finer.look(range, names, (name) => this.#metrics.traces(name));
  }

  #read(failures: number): void {
    this.#reading?.abort();
    if (this.#retry !== null) clearTimeout(this.#retry);
    const reading = new AbortController();
    this.#reading = reading;
    this.#waiting = [];
    this.history.value = "reading";
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      reading.abort();
    }, ANSWER_MAX_MS);
    void this.#ask({ points: this.#points }, reading.signal).then((answer) => {
      clearTimeout(late);
      if (reading.signal.aborted && !isLate) return;
      if (answer.ok) {
        this.segments = answer.value.segments;
        this.#finer.clear();
        this.#metrics = new LiveSeries(answer.value.series, this.segments.at(-1)?.index ?? 0);
        this.#addWaiting();
        this.history.value = "complete";
      } else {
        if (!this.#provisional) this.#addWaiting();
        this.#provisional = true;
        this.history.value = "failed";
        const wait = RETRY_MS[failures];
        if (wait !== undefined) this.#retry = setTimeout(() => this.#read(failures + 1), wait);
      }
      this.#waiting = null;
      this.#onChange();
    });
  }

  /** What came live while the history was read goes behind it, where it is not in it already. */
  #addWaiting(): void {
    const fresh = (this.#waiting ?? []).filter(({ name, step, time }) => !this.#metrics.has(name, step, time));
    for (const { name, step, time, value } of fresh) this.#metrics.add(name, step, time, value);
  }

  #takeMetrics({ steps, series }: Extract<RunEvent, { type: "metrics" }>, time: number): void {
    for (const [name, values] of Object.entries(series)) {
      for (const [index, step] of steps.entries()) {
        const value = fromWire(values[index]);
        if (value === null) continue;
        this.#waiting?.push({ name, step, time, value });
        if (this.#waiting === null || this.#provisional) this.#metrics.add(name, step, time, value);
      }
    }
  }

  #takeProgress(event: Extract<RunEvent, { type: "training_progress" }>, time: number): void {
    const { global_step: step } = event;
    if (typeof step !== "number") return;
    for (const name of PROGRESS_SERIES) {
      const value = fromWire(event[name]);
      if (value !== null) this.#progress.add(name, step, time, value);
    }
  }

  #takeValidation(event: Extract<RunEvent, { type: "validation_result" }>, time: number): void {
    const value = fromWire(event.validation_loss);
    if (typeof event.step === "number" && value !== null) this.#validation.add(event.label ?? "validation", event.step, time, value);
  }
}
