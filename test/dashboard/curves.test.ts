import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunEvent } from "../../client/index.ts";
import { type AskCurves, type CurveQuery, type CurvesAnswer, readCurves } from "../../dashboard/curves/ask-curves.ts";
import { CurveStore } from "../../dashboard/curves/curve-store.ts";
import { LiveSeries } from "../../dashboard/curves/live-series.ts";
import { RangeCache } from "../../dashboard/curves/range-cache.ts";
import { addEntry, emptyTrace, pointOf, refined, TRACE_ENTRIES_MAX, type Trace, thin } from "../../dashboard/curves/trace.ts";

function traceOf(points: readonly (readonly [step: number, value: number])[], segment = 0): Trace {
  const trace = emptyTrace(segment);
  for (const [step, value] of points) addEntry(trace, pointOf(step, step * 1000, value));
  return trace;
}

const steps = (traces: readonly Trace[]) => traces.map((trace) => trace.steps);
const metrics = (step: number, value: number | string, time = step * 1000): RunEvent => ({
  ...{ type: "metrics", steps: [step], series: { loss: [value] as never }, offset: step, timestamp: new Date(time).toISOString() },
});

/** A relay that answers when it is told to. */
function askedRelay() {
  const asked: { query: CurveQuery; answer: (answer: CurvesAnswer) => Promise<void> }[] = [];
  const ask: AskCurves = (query) =>
    new Promise((resolve) => {
      asked.push({
        query,
        answer: async (answer) => {
          resolve(answer);
          await Promise.resolve();
          await Promise.resolve();
        },
      });
    });
  return { ask, asked };
}

const answerOf = (traces: readonly Trace[]): CurvesAnswer => ({
  ok: true,
  value: { series: new Map([["loss", [...traces]]]), segments: traces.map(({ segment }) => ({ index: segment, startedAt: 0, step: 0 })) },
});

test("EV2 thinning keeps the lowest, the highest and every NaN of a trace, and its newest half as it was", () => {
  const value = fc.oneof(fc.double({ noNaN: true, min: -100, max: 100 }), fc.constant(Number.NaN));
  fc.assert(
    fc.property(fc.array(value, { minLength: 4, maxLength: 200 }), (values) => {
      const trace = traceOf(values.map((each, index) => [index, each]));
      thin(trace);
      const numbers = values.filter((each) => !Number.isNaN(each));
      const sum = trace.nan.reduce((a, b) => a + b, 0);
      expect(sum).toBe(values.length - numbers.length);
      if (numbers.length > 0) {
        expect(Math.min(...trace.min.filter((each) => !Number.isNaN(each)))).toBe(Math.min(...numbers));
        expect(Math.max(...trace.max.filter((each) => !Number.isNaN(each)))).toBe(Math.max(...numbers));
      }
      const half = Math.floor(values.length / 4) * 2;
      expect(trace.steps.slice(-(values.length - half))).toEqual(values.map((_, index) => index).slice(half));
    }),
  );
});

test("VW3 an hour at ten a second of twenty series stays bounded, and no peak is lost", () => {
  const series = new LiveSeries();
  for (let step = 0; step < 36_000; step += 1) {
    for (let index = 0; index < 20; index += 1) series.add(`s/${index}`, step, step * 100, step === 777 ? 9 : Math.sin(step + index));
  }
  expect(series.entries).toBeLessThanOrEqual(20 * TRACE_ENTRIES_MAX);
  for (let index = 0; index < 20; index += 1) expect(Math.max(...(series.traces(`s/${index}`)[0]?.max ?? []))).toBe(9);
});

test("VW3 two thousand series share what one page keeps", () => {
  const series = new LiveSeries();
  for (let step = 0; step < 600; step += 1) for (let index = 0; index < 2000; index += 1) series.add(`${index}`, step, step, index);
  expect(series.entries).toBeLessThanOrEqual(2000 * 256);
});

test("EV2 a step that goes back begins another life, and nothing of the former is lost", () => {
  const series = new LiveSeries();
  for (const step of [1, 2, 3, 2, 3, 4]) series.add("loss", step, step, step);
  expect(steps(series.traces("loss"))).toEqual([
    [1, 2, 3],
    [2, 3, 4],
  ]);
  // A series that is told seldom follows, and one whose steps went on does not begin anew.
  const seldom = new LiveSeries();
  seldom.add("loss", 1, 1, 1);
  seldom.add("validation", 1, 1, 1);
  seldom.add("loss", 0, 2, 1);
  seldom.add("validation", 5, 3, 1);
  expect(steps(seldom.traces("validation"))).toEqual([[1, 5]]);
});

test("VW3 a series whose steps go back all the time keeps every entry in a bounded number of lives", () => {
  const series = new LiveSeries();
  for (let index = 0; index < 500; index += 1) series.add("loss", 500 - index, index, index);
  expect(series.traces("loss").length).toBeLessThanOrEqual(32);
  expect(series.entries).toBe(500);
});

test("VW3 an answer's lives are told apart; one without times or segments is one life", () => {
  const columns = { steps: [1, 2, 2, 3], min: [1, 2, 3, null], max: [1, 2, 3, "Infinity"], last: [1, 2, 3, "NaN"], nan: [0, 0, 0, 1] };
  const told = readCurves({ series: { loss: { ...columns, times: [10, 20, 30, 40], segment: [0, 0, 1, 1] } }, segments: [] });
  const traces = told.ok ? (told.value.series.get("loss") ?? []) : [];
  expect(steps(traces)).toEqual([
    [1, 2],
    [2, 3],
  ]);
  expect(traces[1]).toMatchObject({ segment: 1, times: [30, 40], min: [3, Number.NaN], max: [3, Number.POSITIVE_INFINITY], nan: [0, 1] });
  const old = readCurves({ series: { loss: columns } });
  expect(old.ok && steps(old.value.series.get("loss") ?? [])).toEqual([[1, 2, 2, 3]]);
  expect(readCurves({ series: { loss: { steps: ["x"] } } }).ok).toBe(false);
});

test("VW3 what comes live while the history is read is shown at once, and stands behind it once", async () => {
  const { ask, asked } = askedRelay();
  const store = new CurveStore({ ask, points: 100, onChange: () => undefined });
  store.begin();
  for (const step of [3, 4, 5]) store.take(metrics(step, step));
  expect(steps(store.traces("loss"))).toEqual([[3, 4, 5]]);
  await asked[0]?.answer(answerOf([traceOf([1, 2, 3, 4].map((step) => [step, step]))]));
  expect(steps(store.traces("loss"))).toEqual([[1, 2, 3, 4, 5]]);
  store.take(metrics(6, "NaN"));
  expect(store.traces("loss")[0]?.nan.at(-1)).toBe(1);
  expect(store.history.value).toBe("complete");
});

test("VW3 a resumed life that came while the history was read goes behind it, although its steps are lower", async () => {
  const { ask, asked } = askedRelay();
  const store = new CurveStore({ ask, points: 100, onChange: () => undefined });
  store.begin();
  store.take(metrics(9, 1, 9_000));
  store.take(metrics(5, 2, 20_000));
  await asked[0]?.answer(answerOf([traceOf([8, 9, 10].map((step) => [step, step]))]));
  expect(steps(store.traces("loss"))).toEqual([[8, 9, 10], [5]]);
});

test("VW3 after a connection that recovered nothing the curves stay until the new ones are here; a failure keeps what is live", async () => {
  const { ask, asked } = askedRelay();
  const store = new CurveStore({ ask, points: 100, onChange: () => undefined });
  store.begin();
  await asked[0]?.answer(answerOf([traceOf([[1, 1]])]));
  store.begin();
  store.take(metrics(1, 1));
  store.take(metrics(2, 1));
  expect(steps(store.traces("loss"))).toEqual([[1]]);
  await asked[1]?.answer({ ok: false, code: "unreachable", message: "" });
  expect(store.history.value).toBe("failed");
  expect(steps(store.traces("loss"))).toEqual([[1, 2]]);
  store.close();
});

test("VW3 the finer part replaces the coarse one within its steps, and leaves what is newer", () => {
  const coarse = traceOf([]);
  for (const step of [9, 19, 29, 39]) addEntry(coarse, { step, time: step, min: 0, max: step, last: 1, nan: 0 });
  addEntry(coarse, pointOf(40, 40, 4));
  const fine = traceOf(Array.from({ length: 20 }, (_, index) => [index + 10, index]));
  expect(refined(coarse, fine, { from: 10, to: 60 }).steps).toEqual([9, ...Array.from({ length: 20 }, (_, index) => index + 10), 39, 40]);
  // An entry that begins before the finer part has points that are told nowhere else.
  expect(refined(coarse, traceOf([15, 16, 20, 21].map((step) => [step, 1])), { from: 15, to: 21 }).steps).toEqual([
    9, 19, 20, 21, 29, 39, 40,
  ]);
});

test("VW3 a look at a part that was looked at before is not asked for again, one that is far closer is", () => {
  const cache = new RangeCache<string>(2);
  cache.keep({ from: 100, to: 299 }, "loss", "a");
  expect(cache.find({ from: 150, to: 249 }, "loss")?.value).toBe("a");
  expect(cache.find({ from: 150, to: 160 }, "loss")).toBeNull();
  expect(cache.find({ from: 90, to: 249 }, "loss")).toBeNull();
  expect(cache.find({ from: 150, to: 249 }, "lr")).toBeNull();
  cache.keep({ from: 0, to: 9 }, "loss", "b");
  cache.keep({ from: 10, to: 19 }, "loss", "c");
  expect(cache.find({ from: 150, to: 249 }, "loss")).toBeNull();
  expect(cache.find({ from: 0, to: 9 }, "loss")?.value).toBe("b");
});
