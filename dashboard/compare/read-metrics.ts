import { z } from "zod";
import { errorBody, fromWire, isWireNumber, type WireNumber } from "../../protocol/index.ts";
import type { RunCurve } from "./run-curve.ts";

/** Which curves, and how fine. Without `keys` every series; `from` and `to` are steps, both included. */
export type MetricsQuery = { keys?: readonly string[]; points: number; from?: number; to?: number };

/** A producer's life: a training that was resumed into the same run begins another. */
export type Segment = { index: number; started_at: string };

export type Metrics = { series: Map<string, RunCurve>; segments: Segment[] };
export type MetricsAnswer = { ok: true; value: Metrics } | { ok: false; status: number; code: string; message: string };

/** Looked at as whole lists: each cell a schema of its own would take longer than the answer took to come. */
const list = <T>(isCell: (value: unknown) => value is T) => z.custom<T[]>((value) => Array.isArray(value) && value.every(isCell));
const isNumber = (value: unknown): value is number => typeof value === "number";
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
      times: list((value): value is number | null => value === null || isNumber(value)).optional(),
      segment: list(isNumber).optional(),
    }),
  ),
  segments: z.array(z.looseObject({ index: z.int(), started_at: z.string() })).optional(),
});

/** Asks for curves; `signal` ends the asking, which then rejects no promise but answers `aborted`. */
export async function readMetrics(token: string, run: string, query: MetricsQuery, signal: AbortSignal): Promise<MetricsAnswer> {
  const parameters = new URLSearchParams((query.keys ?? []).map((key): [string, string] => ["keys", key]));
  parameters.set("points", String(query.points));
  if (query.from !== undefined) parameters.set("from", String(query.from));
  if (query.to !== undefined) parameters.set("to", String(query.to));
  try {
    const headers = { accept: "application/json", authorization: `Bearer ${token}` };
    const response = await fetch(`/api/runs/${encodeURIComponent(run)}/metrics?${parameters}`, { headers, signal });
    const body: unknown = await response.json();
    if (!response.ok) {
      const said = errorBody.safeParse(body);
      return { ok: false, status: response.status, ...(said.success ? said.data.error : BAD_ANSWER) };
    }
    const parsed = answered.safeParse(body);
    return parsed.success ? { ok: true, value: metricsOf(parsed.data) } : { ok: false, status: response.status, ...BAD_ANSWER };
  } catch {
    const code = signal.aborted ? "aborted" : "unreachable";
    return { ok: false, status: 0, code, message: "nothing answers at the relay's address" };
  }
}

const BAD_ANSWER = { code: "bad_answer", message: "the answer does not have the expected shape" };

function metricsOf({ series, segments = [] }: z.infer<typeof answered>): Metrics {
  const curves = Object.entries(series).map(([name, { steps, min, max, last, nan, times, segment }]): [string, RunCurve] => [
    name,
    {
      steps,
      times: steps.map((_, index) => times?.[index] ?? Number.NaN),
      min: min.map((value) => fromWire(value) ?? Number.NaN),
      max: max.map((value) => fromWire(value) ?? Number.NaN),
      last: last.map((value) => fromWire(value) ?? Number.NaN),
      nan,
      segments: steps.map((_, index) => segment?.[index] ?? 0),
    },
  ]);
  return { series: new Map(curves), segments };
}
