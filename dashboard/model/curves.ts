import { type EventOf, fromWire } from "../../protocol/index.ts";
import { addPoint, type Curve, emptyCurve, mergeOlder } from "./curve.ts";

/**
 * Every series of a run. Changed in place, as thousands of points come and go with it; `version` rises with each change, so that a
 * chart knows when to draw.
 */
export class Curves {
  readonly #byName = new Map<string, Curve>();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  get(name: string): Curve | null {
    return this.#byName.get(name) ?? null;
  }

  add(name: string, step: number, value: number): void {
    addPoint(this.#named(name), step, value);
    this.#version += 1;
  }

  /** A live or replayed `metrics` event: newer than everything here. */
  addMetrics(event: EventOf<"metrics">): void {
    for (const { name, curve } of columns([event]))
      for (const [index, step] of curve.steps.entries()) this.add(name, step, curve.values[index] ?? 0);
  }

  /** A page of history: older than everything here. @param events by rising offset */
  addOlder(events: readonly EventOf<"metrics">[]): void {
    for (const { name, curve } of columns(events)) mergeOlder(this.#named(name), curve);
    this.#version += 1;
  }

  /** One point that is older than everything here. */
  addOlderPoint(name: string, step: number, value: number): void {
    mergeOlder(this.#named(name), { steps: [step], values: [value] });
    this.#version += 1;
  }

  #named(name: string): Curve {
    const known = this.#byName.get(name);
    if (known) return known;
    const curve = emptyCurve();
    this.#byName.set(name, curve);
    return curve;
  }
}

/** The events' columns as one curve a series, by rising step; null is no value. */
function columns(events: readonly EventOf<"metrics">[]): { name: string; curve: Curve }[] {
  const byName = new Map<string, Curve>();
  for (const { steps, series } of events) {
    for (const [name, values] of Object.entries(series)) {
      const curve = byName.get(name) ?? emptyCurve();
      byName.set(name, curve);
      for (const [index, step] of steps.entries()) {
        const value = fromWire(values[index]);
        if (value !== null) addPoint(curve, step, value);
      }
    }
  }
  return [...byName].map(([name, curve]) => ({ name, curve }));
}
