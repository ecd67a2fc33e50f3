import type { RunEvent } from "../../client/index.ts";
import { fromWire } from "../../protocol/index.ts";
import type { XRange } from "../chart/plot-line.ts";
import { lossName } from "../model/series.ts";
import type { Axis } from "./address.ts";
import { livesOf, type Timing } from "./align.ts";
import { FineCurves, POINTS_LOSS, POINTS_OVERVIEW, stepsWithin } from "./fine-curves.ts";
import { type MetricsAnswer, readMetrics, type Segment } from "./read-metrics.ts";
import { addLive, emptyRunCurve, type RunCurve } from "./run-curve.ts";

type MetricsEvent = Extract<RunEvent, { type: "metrics" }>;

/** Every series of a run: the relay's history, what is told since, and the finer part that is looked at. Changed in place. */
export class RunCurves {
  readonly #token: string;
  readonly #run: string;
  readonly #fine: FineCurves;
  readonly #coarse = new Map<string, RunCurve>();
  #segments: readonly Segment[] = [];
  /** What was told while the history was being read; null: it is here. */
  #waiting: MetricsEvent[] | null = [];

  constructor(token: string, run: string) {
    this.#token = token;
    this.#run = run;
    this.#fine = new FineCurves(token, run);
  }

  /** As they are drawn. */
  get shown(): ReadonlyMap<string, RunCurve> {
    return this.#fine.over(this.#coarse);
  }

  /** @param stepsPerEpoch null where the trainer tells no maximum */
  timing(stepsPerEpoch: number | null): Timing {
    return { stepsPerEpoch, lives: livesOf(this.#segments, this.#coarse.values()) };
  }

  get hasTimes(): boolean {
    for (const { times } of this.#coarse.values()) if (times.some(Number.isFinite)) return true;
    return false;
  }

  /**
   * Reads the whole history: all series coarsely, then the loss finely. What is told meanwhile is added behind, where the history does not
   * have it yet.
   * @returns null where another reading has begun, or the page has gone
   */
  async read(signal: AbortSignal): Promise<MetricsAnswer | null> {
    const waiting: MetricsEvent[] = [];
    this.#waiting = waiting;
    const isObsolete = () => signal.aborted || this.#waiting !== waiting;
    const all = await readMetrics(this.#token, this.#run, { points: POINTS_OVERVIEW }, signal);
    if (isObsolete()) return null;
    if (!all.ok) return all;
    const loss = lossName([...all.value.series.keys()]);
    const fine = loss === null ? null : await readMetrics(this.#token, this.#run, { keys: [loss], points: POINTS_LOSS }, signal);
    if (isObsolete()) return null;
    this.#waiting = null;
    this.#coarse.clear();
    for (const [name, curve] of [...all.value.series, ...(fine?.ok ? fine.value.series : [])]) this.#coarse.set(name, curve);
    this.#segments = all.value.segments;
    for (const event of waiting) this.#add(notYetIn(this.#coarse, event));
    return all;
  }

  /** @param event is newer than all before */
  add(event: MetricsEvent): void {
    if (this.#waiting) this.#waiting.push(event);
    else this.#add(event);
  }

  /** @param range of the axis that is looked at; null: all of it. @returns whether the curves are others now */
  look(axis: Axis, range: XRange | null, stepsPerEpoch: number | null): Promise<boolean> {
    const steps = range === null ? null : stepsWithin(this.#coarse, axis, this.timing(stepsPerEpoch), range);
    return this.#fine.look(this.#coarse, steps);
  }

  clear(): void {
    this.#coarse.clear();
    this.close();
  }

  close(): void {
    this.#fine.close();
  }

  #add({ steps, series, timestamp }: MetricsEvent): void {
    const time = Date.parse(timestamp);
    for (const [name, values] of Object.entries(series)) {
      const curve = this.#coarse.get(name) ?? emptyRunCurve();
      this.#coarse.set(name, curve);
      for (const [index, step] of steps.entries()) {
        const value = fromWire(values[index]);
        if (value !== null) addLive(curve, step, time, value);
      }
    }
  }
}

/** An event that came while the history was read may be in it: its steps up to the newest that the history has are left out. */
function notYetIn(curves: ReadonlyMap<string, RunCurve>, event: MetricsEvent): MetricsEvent {
  const series = Object.entries(event.series).map(([name, values]) => {
    const newest = curves.get(name)?.steps.at(-1) ?? Number.NEGATIVE_INFINITY;
    return [name, values.map((value, index) => ((event.steps[index] ?? 0) > newest ? value : null))] as const;
  });
  return { ...event, series: Object.fromEntries(series) };
}
