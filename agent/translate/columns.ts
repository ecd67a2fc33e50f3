import type { EventOf } from "../../protocol/events.ts";
import type { WireNumber } from "../../protocol/numbers.ts";

/** One scalar as it was logged, with the step that it got. `t` is in seconds since 1970. */
export type Point = { t: number; tag: string; value: WireNumber; step: number };

/**
 * Cells (steps × series) of one event: a batch of unrelated steps and series is mostly nulls, and 40,000 cells of at most 25 bytes stay
 * under the largest event that a room takes.
 */
const CELLS_MAX = 40_000;

/** `points` counts the series' values at each step: the next one of that step goes into the step's next row. */
type Column = { values: (WireNumber | null)[]; points: Map<number, number> };
type Table = { t: number; steps: number[]; columns: Map<string, Column>; rowsOf: Map<number, number[]> };

/**
 * Turns scalars into columnar `metrics` events, one unless there are very many. No point is thinned: a tag that was logged twice at a
 * step has two entries of that step, in the order of logging.
 *
 * @param points in the order of logging
 * @param iso how a time in seconds is written as a timestamp
 */
export function metricsEvents(points: readonly Point[], iso: (t: number) => string): EventOf<"metrics">[] {
  const tables: Table[] = [];
  let table: Table | undefined;
  for (const point of points) {
    if (!table || table.steps.length * (table.columns.size + 1) >= CELLS_MAX) {
      table = { t: point.t, steps: [], columns: new Map(), rowsOf: new Map() };
      tables.push(table);
    }
    place(table, point);
  }
  return tables.map((full) => toEvent(full, iso));
}

function place(table: Table, { t, tag, value, step }: Point): void {
  table.t = t;
  const column = entry(table.columns, tag, () => ({ values: [], points: new Map() }));
  const rows = entry(table.rowsOf, step, () => []);
  const earlier = column.points.get(step) ?? 0;
  column.points.set(step, earlier + 1);
  let row = rows[earlier];
  if (row === undefined) {
    row = table.steps.length;
    table.steps.push(step);
    rows.push(row);
  }
  pad(column.values, row);
  column.values[row] = value;
}

function toEvent({ t, steps, columns }: Table, iso: (t: number) => string): EventOf<"metrics"> {
  for (const { values } of columns.values()) pad(values, steps.length);
  // fromEntries defines own properties, whatever a trainer calls its series.
  const series = Object.fromEntries([...columns].map(([tag, { values }]) => [tag, values]));
  return { type: "metrics", timestamp: iso(t), steps, series };
}

function pad(values: (WireNumber | null)[], length: number): void {
  while (values.length < length) values.push(null);
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
