import { type EventOf, fromWire } from "../../../protocol/index.ts";
import type { Line } from "../log/line.ts";

/** Takes one point, told `at`, milliseconds since 1970: NaN and the infinities are values, null in an event is no point. */
export type TakePoint = (name: string, step: number, value: number, at: number) => void;

/** The points of `metrics` events, in the order of the log; of other lines there are none. */
export function eachPoint(line: Line, take: TakePoint): void {
  if (line.type !== "metrics") return;
  const { steps, series, timestamp } = JSON.parse(line.json) as EventOf<"metrics">;
  const at = Date.parse(timestamp ?? "");
  for (const [name, column] of Object.entries(series)) {
    for (const [index, step] of steps.entries()) {
      const value = fromWire(column[index]);
      if (value !== null) take(name, step, value, at);
    }
  }
}
