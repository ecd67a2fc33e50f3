import { z } from "zod";
import { errorBody, fromWire, isWireNumber, type WireNumber } from "../../protocol/index.ts";
import { addEntry, emptyTrace, type Trace } from "./trace.ts";

/** Which curves and how fine; without `keys` every series. `from` and `to` are steps, both included. */
export type CurveQuery = { keys?: readonly string[]; points: number; from?: number; to?: number };

/** A producer's life: a training that was resumed into the same run begins another. */
export type Segment = { index: number; startedAt: number; step: number };

export type Curves = { series: Map<string, Trace[]>; segments: Segment[] };
export type CurvesAnswer = { ok: true; value: Curves } | { ok: false; code: string; message: string };
export type AskCurves = (query: CurveQuery, signal: AbortSignal) => Promise<CurvesAnswer>;

/** Looked at as whole lists: a schema for each cell would take longer than the answer took to come. */
const list = <T>(isCell: (value: unknown) => value is T) => z.custom<T[]>((value) => Array.isArray(value) && value.every(isCell));
const isNumber = (value: unknown): value is number => typeof value === "number";
const isNumberOrNull = (value: unknown): value is number | null => value === null || isNumber(value);
const isCell = (value: unknown): value is WireNumber | null => value === null || isWireNumber(value);

/** A relay of before tells no times and no segments. */
const answered = z.looseObject({
  series: z.record(
    z.string(),
    z.looseObject({
      steps: list(isNumber),
      min: list(isCell),
      max: list(isCell),
      last: list(isCell),
      nan: list(isNumber),
      times: list(isNumberOrNull).optional(),
      segment: list(isNumber).optional(),
    }),
  ),
  segments: z.array(z.looseObject({ index: z.int(), started_at: z.string().nullish(), step: z.number().nullish() })).optional(),
});

/** @returns what asks the relay for the curves of a run; an abort is an answer too, `aborted` */
export function curvesOf(options: { url: string; run: string; token: string }): AskCurves {
  return async ({ keys = [], points, from, to }, signal) => {
    const parameters = new URLSearchParams(keys.map((key): [string, string] => ["keys", key]));
    parameters.set("points", String(points));
    if (from !== undefined) parameters.set("from", String(from));
    if (to !== undefined) parameters.set("to", String(to));
    try {
      const headers = { accept: "application/json", authorization: `Bearer ${options.token}` };
      const address = new URL(`/api/runs/${encodeURIComponent(options.run)}/metrics?${parameters}`, options.url);
      const response = await fetch(address, { headers, signal });
      const body: unknown = await response.json();
      if (!response.ok) {
        const said = errorBody.safeParse(body);
        return { ok: false, ...(said.success ? said.data.error : BAD_ANSWER) };
      }
      return readCurves(body);
    } catch {
      return { ok: false, code: signal.aborted ? "aborted" : "unreachable", message: "nothing answers at the relay's address" };
    }
  };
}

const BAD_ANSWER = { code: "bad_answer", message: "the answer does not have the expected shape" };

export function readCurves(body: unknown): CurvesAnswer {
  const parsed = answered.safeParse(body);
  if (!parsed.success) return { ok: false, ...BAD_ANSWER };
  const { series, segments = [] } = parsed.data;
  return {
    ok: true,
    value: {
      series: new Map(Object.entries(series).map(([name, columns]) => [name, tracesOf(columns)])),
      segments: segments.map(({ index, started_at, step }) => ({
        index,
        startedAt: Date.parse(started_at ?? ""),
        step: step ?? Number.NaN,
      })),
    },
  };
}

type Columns = z.infer<typeof answered>["series"][string];

/** @returns the series' lives, the oldest first */
function tracesOf({ steps, min, max, last, nan, times, segment }: Columns): Trace[] {
  const bySegment = new Map<number, Trace>();
  const numberAt = (column: readonly (WireNumber | null)[], index: number) => fromWire(column[index]) ?? Number.NaN;
  for (const [index, step] of steps.entries()) {
    const life = segment?.[index] ?? 0;
    const trace = bySegment.get(life) ?? emptyTrace(life);
    bySegment.set(life, trace);
    const values = { min: numberAt(min, index), max: numberAt(max, index), last: numberAt(last, index) };
    addEntry(trace, { step, time: times?.[index] ?? Number.NaN, ...values, nan: nan[index] ?? 0 });
  }
  return [...bySegment.values()].sort((a, b) => a.segment - b.segment);
}
