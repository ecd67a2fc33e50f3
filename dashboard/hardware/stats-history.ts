import { type EventOf, fromWire, type Gpu, type WireNumber } from "../../protocol/index.ts";

/** A figure at a moment, in milliseconds since 1970. */
export type Reading = { at: number; value: number };

/** Ten minutes at one event every two seconds: what somebody wants to see before they look at a chart. */
export const HISTORY_MS = 10 * 60 * 1000;
/** Events are two seconds apart; where none came for this long, nobody knows what was. */
export const GAP_MS = 15_000;
/** More than fit the time, should an agent tell more often. */
const READINGS_MAX = 1200;

/** Figures that have a history, of a GPU or of the host, by name. */
export type FigureKey = `gpu ${string} ${"load" | "memory" | "temperature" | "power"}` | "cpu" | "ram" | "received" | "sent";

/** The last minutes of every figure. Changed in place: it grows by a reading every two seconds. */
export class StatsHistory {
  readonly #byKey = new Map<FigureKey, Reading[]>();
  /** When a GPU was held down last, by its key; milliseconds since 1970. */
  readonly #throttledAt = new Map<string, number>();

  clear(): void {
    this.#byKey.clear();
    this.#throttledAt.clear();
  }

  get(key: FigureKey): readonly Reading[] {
    return this.#byKey.get(key) ?? [];
  }

  throttledAt(gpu: string): number | null {
    return this.#throttledAt.get(gpu) ?? null;
  }

  /** Events may come from the past: what was read later is older. @param at milliseconds since 1970 */
  add(event: EventOf<"system_stats">, at: number): void {
    for (const [index, gpu] of (event.gpus ?? []).entries()) {
      const key = gpuKey(gpu, index);
      this.#put(`gpu ${key} load`, at, gpu.utilization_percent);
      this.#put(`gpu ${key} memory`, at, gpu.memory_used_gb);
      this.#put(`gpu ${key} temperature`, at, gpu.temperature_c);
      this.#put(`gpu ${key} power`, at, gpu.power_w);
      if (alarming(gpu).length > 0) this.#throttledAt.set(key, Math.max(at, this.#throttledAt.get(key) ?? 0));
    }
    this.#put("cpu", at, event.cpu_percent);
    this.#put("ram", at, event.ram_used_gb);
    this.#put("received", at, event.network?.received_bytes_per_second);
    this.#put("sent", at, event.network?.sent_bytes_per_second);
  }

  #put(key: FigureKey, at: number, wire: WireNumber | null | undefined): void {
    const value = fromWire(wire);
    if (value === null || !Number.isFinite(value)) return;
    const readings = this.#byKey.get(key) ?? [];
    this.#byKey.set(key, readings);
    const place = readings.findLastIndex((reading) => reading.at <= at);
    if (readings[place]?.at === at) return;
    readings.splice(place + 1, 0, { at, value });
    const oldest = (readings.at(-1)?.at ?? 0) - HISTORY_MS;
    while (readings.length > READINGS_MAX || (readings[0] && readings[0].at < oldest)) readings.shift();
  }
}

export const gpuKey = (gpu: Gpu, index: number): string => gpu.uuid ?? String(gpu.index ?? index);

/** What holds a GPU down without being meant: an idle one, and a limit that somebody set, are no trouble. */
export function alarming({ throttle_reasons }: Gpu): string[] {
  return (throttle_reasons ?? []).filter((reason) => !/^(gpu[ _]?idle|none|applications?[ _]clocks.*|sync[ _]boost)$/i.test(reason));
}

/** Readings in pieces without a gap: a line must not join what nobody saw. */
export function pieces(readings: readonly Reading[]): Reading[][] {
  const found: Reading[][] = [];
  let before: Reading | undefined;
  for (const reading of readings) {
    if (before && reading.at - before.at <= GAP_MS) found.at(-1)?.push(reading);
    else found.push([reading]);
    before = reading;
  }
  return found;
}
