import { addEntry, emptyTrace, interleaved, pointOf, TRACE_ENTRIES_MAX, type Trace, thin } from "./trace.ts";

/** Lives of one series that are told apart; of more the oldest become one. */
const TRACES_MAX = 32;
/** Entries of all series together: 48 bytes each, 20 MB. A series of very many gets its share, and no less than a phone has pixels. */
const ENTRIES_MAX = 400_000;
const SHARE_MIN = 256;

/** Every series as it was told from its beginning, and bounded. Changed in place, as hundreds of points come in a second. */
export class LiveSeries {
  readonly #byName: Map<string, Trace[]>;
  #segment: number;

  constructor(told: ReadonlyMap<string, readonly Trace[]> = new Map(), segment = 0) {
    this.#byName = new Map([...told].map(([name, traces]) => [name, [...traces]]));
    this.#segment = segment;
    for (const traces of this.#byName.values()) for (const { segment: known } of traces) this.#segment = Math.max(this.#segment, known);
  }

  names(): IterableIterator<string> {
    return this.#byName.keys();
  }

  traces(name: string): readonly Trace[] {
    return this.#byName.get(name) ?? [];
  }

  get entries(): number {
    let sum = 0;
    for (const traces of this.#byName.values()) for (const { steps } of traces) sum += steps.length;
    return sum;
  }

  /** Adds a point newer than all before. A step that goes back is of a training that was resumed: another life of the run begins. */
  add(name: string, step: number, time: number, value: number): void {
    const traces = this.#byName.get(name) ?? [];
    this.#byName.set(name, traces);
    const newest = traces.at(-1);
    if (newest !== undefined && newest.segment === this.#segment && step < (newest.steps.at(-1) ?? step)) this.#segment += 1;
    let trace = newest;
    if (trace === undefined || (trace.segment !== this.#segment && step < (trace.steps.at(-1) ?? step))) {
      trace = emptyTrace(this.#segment);
      traces.push(trace);
      if (traces.length > TRACES_MAX) joinOldest(traces);
    }
    addEntry(trace, pointOf(step, time, value));
    this.#bound(traces);
  }

  /** @returns whether a point is here already: told by the history before it came live */
  has(name: string, step: number, time: number): boolean {
    const newest = this.#byName.get(name)?.at(-1);
    const lastStep = newest?.steps.at(-1);
    if (newest === undefined || lastStep === undefined) return false;
    const lastTime = newest.times.at(-1) ?? Number.NaN;
    if (Number.isNaN(lastTime) || Number.isNaN(time)) return step <= lastStep;
    return time < lastTime || (time === lastTime && step <= lastStep);
  }

  #bound(traces: Trace[]): void {
    const share = Math.max(SHARE_MIN, Math.min(TRACE_ENTRIES_MAX, Math.floor(ENTRIES_MAX / this.#byName.size)));
    let sum = 0;
    for (const { steps } of traces) sum += steps.length;
    if (sum <= share) return;
    const longest = traces.reduce((most, trace) => (trace.steps.length > most.steps.length ? trace : most));
    thin(longest);
  }
}

function joinOldest(traces: Trace[]): void {
  const [first, second, ...rest] = traces;
  if (first && second) traces.splice(0, traces.length, interleaved(first, second), ...rest);
}
