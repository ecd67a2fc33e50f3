import fc from "fast-check";
import { expect, test } from "vitest";
import { type Axis, comparePath, pathOfRuns, RUNS_MAX, readComparison } from "../../dashboard/compare/address.ts";
import { livesOf, placesOn, stepsWithin, type Timing, tracesOn, trainedSeconds, valueAt } from "../../dashboard/compare/align.ts";
import { configRows, matching } from "../../dashboard/compare/config-rows.ts";
import { tracesCsv } from "../../dashboard/compare/csv.ts";
import { type Cell, flatten } from "../../dashboard/compare/flatten.ts";
import { type DrawnRun, Plots } from "../../dashboard/compare/plots.ts";
import { promptRows } from "../../dashboard/compare/prompt-rows.ts";
import { matchSeries } from "../../dashboard/compare/series-match.ts";
import { summaryRow } from "../../dashboard/compare/summary-row.ts";
import { asMarkdown, asTsv } from "../../dashboard/compare/table-text.ts";
import { difference } from "../../dashboard/compare/texts.ts";
import { csvCell } from "../../dashboard/csv-cell.ts";
import { addEntry, emptyTrace, pointOf, type Trace } from "../../dashboard/curves/trace.ts";
import { EMPTY_VIEW } from "../../dashboard/model/run-view.ts";
import type { EventOf } from "../../protocol/index.ts";

const PALETTE = { text: "#000", series: ["#000"] };

const info = (config: Record<string, unknown>, fields: Partial<EventOf<"run_info">> = {}): EventOf<"run_info"> => ({
  type: "run_info",
  config,
  ...fields,
});

/** The lives of one series, of points [step, time in ms, value, life]. */
function curveOf(points: readonly (readonly [number, number, number, number?])[]): Trace[] {
  const lives = new Map<number, Trace>();
  for (const [step, time, value, segment = 0] of points) {
    const trace = lives.get(segment) ?? emptyTrace(segment);
    lives.set(segment, trace);
    addEntry(trace, pointOf(step, time, value));
  }
  return [...lives.values()];
}

const timingOf = (curve: Trace[], stepsPerEpoch: number | null = null): Timing => ({ stepsPerEpoch, lives: livesOf([], curve) });
const drawnRun = (run: string, curve: Trace[]): DrawnRun => ({
  ...{ run, name: run, place: 0, revision: 0 },
  series: new Map([["loss", curve]]),
  timing: timingOf(curve),
});
const places = (curve: Trace[], axis: Axis, timing: Timing) => tracesOn(curve, axis, timing).flatMap((trace) => placesOn(trace, axis));

test("VW3 a comparison's address says what is shown, and what it says is what is shown again", () => {
  expect(pathOfRuns([])).toBe("/compare");
  expect(pathOfRuns(["a", "b"])).toBe("/compare?run=a&run=b");
  const arbitrary = fc.record({
    runs: fc.uniqueArray(fc.stringMatching(/^[\w.-]{1,12}$/), { minLength: 1, maxLength: RUNS_MAX }),
    by: fc.constantFrom("step", "epoch", "time", "clock"),
    smoothing: fc.integer({ min: 0, max: 99 }).map((percent) => percent / 100),
    logarithmic: fc.boolean(),
  });
  fc.assert(
    fc.property(arbitrary, fc.nat(), (shown, which) => {
      const base = shown.runs[which % shown.runs.length] ?? null;
      const comparison = { ...shown, base: base === shown.runs[0] ? null : base };
      expect(readComparison(comparePath(comparison).split("?")[1] ?? "")).toEqual({ ...comparison, left_out: 0 });
    }),
  );
});

test("AC2 an address that makes no sense shows what it can: of twice the same run one, of too many the first, and no token", () => {
  const many = Array.from({ length: 11 }, (_, index) => `run=r${index}`).join("&");
  expect(readComparison(many)).toMatchObject({ runs: { length: RUNS_MAX }, left_out: 3 });
  const odd = readComparison("run=a&run=a&run=&by=moon&base=z&smooth=7&token=aaa.bbb.ccc");
  expect(odd).toEqual({ runs: ["a"], by: "step", base: null, smoothing: 0.9, logarithmic: false, left_out: 0 });
  expect(comparePath(odd)).toBe("/compare?run=a");
});

test("EV7 a configuration is flat, a leaf a line, and null, an empty text and an empty list are told apart", () => {
  const cells = new Map<string, Cell>();
  flatten({ a: { "b.c": 1, d: [1, "x"], e: [{ f: null }, { f: "" }], g: {}, h: [] }, i: true, j: "1" }, "", cells);
  expect([...cells].map(([key, { kind, text }]) => `${key} ${kind} ${text}`)).toEqual([
    'a["b.c"] number 1',
    'a.d text [1,"x"]',
    "a.e[0].f null null",
    'a.e[1].f text ""',
    "a.g text {}",
    "a.h text []",
    "i text true",
    "j text 1",
  ]);
});

test("EV7 what differs between configurations: other values, other kinds of the same look, a key that one lacks; not a run that is unknown", () => {
  const rows = configRows([
    info({ lr: 1e-4, batch: 4, seed: null, name: "x", n: 1 }, { trainer: "OneTrainer" }),
    info({ lr: 2e-4, batch: 4, name: "x", n: "1" }, { trainer: "OneTrainer" }),
    null,
  ]);
  expect(rows.map(({ part, key, how }) => `${part} ${key} ${how}`)).toEqual([
    "configuration lr differs",
    "configuration n differs",
    "configuration seed partly",
    "run trainer same",
    "configuration batch same",
    "configuration name same",
  ]);
  expect(rows[2]?.cells).toEqual([{ kind: "null", text: "null" }, null, null]);
  expect(matching(rows, " 2E-4 ").map(({ key }) => key)).toEqual([]);
  expect(matching(rows, "0.0002").map(({ key }) => key)).toEqual(["lr"]);
  expect(matching(rows, "SEED").map(({ key }) => key)).toEqual(["seed"]);
  expect(configRows([info({ constructor: 1 }), info({})]).map(({ key }) => key)).toEqual(["constructor"]);
});

test("AC2 a table that is copied stays a table, and nothing in it is a formula, a link or a tag", () => {
  const rows = configRows([info({ a: "=HYPERLINK(1)", b: "x\ty\nz", c: -1e-4, d: null }), info({ a: "[x](y)|<b>" })]);
  expect(asTsv(["one", "@two"], rows).split("\n")).toEqual([
    "\tone\t'@two",
    "a\t'=HYPERLINK(1)\t[x](y)|<b>",
    "b\tx y z\t",
    "c\t-0.0001\t",
    "d\tnull\t",
  ]);
  expect(asMarkdown(["one", "two"], rows).split("\n").slice(0, 3)).toEqual([
    "|  | one | two |",
    "| --- | --- | --- |",
    "| a | =HYPERLINK(1) | \\[x\\](y)\\|\\<b\\> |",
  ]);
  expect([csvCell('a"b,c'), csvCell("+1"), csvCell("+a")]).toEqual(['"a""b,c"', "+1", "'+a"]);
});

test("VW3 curves stand by step, by epoch, by the clock, and by the time that was trained, without what lay between two lives", () => {
  const curve = curveOf([
    [10, 5_000, 1],
    [20, 9_000, 2],
    [15, 100_000, 3, 1],
    [20, 104_000, 4, 1],
  ]);
  const lives = livesOf([{ index: 0, startedAt: 1_000 }], curve);
  const timing: Timing = { stepsPerEpoch: 10, lives };
  expect(tracesOn(curve, "step", timing)).toMatchObject([{ steps: [10, 15, 20], last: [1, 3, 4] }]);
  expect(places(curve, "epoch", timing)).toEqual([1, 1.5, 2]);
  expect(places(curve, "clock", timing)).toEqual([5_000, 9_000, 100_000, 104_000]);
  expect(tracesOn(curve, "time", timing)).toMatchObject([
    { segment: 0, times: [4_000, 8_000], steps: [10, 20], last: [1, 2] },
    { segment: 1, times: [8_000, 12_000], steps: [15, 20], last: [3, 4] },
  ]);
  expect(trainedSeconds(lives)).toBe(12);
});

test("VW3 without times or epochs there is no place on their axes, and a start behind the first point is none", () => {
  const untimed = curveOf([[1, Number.NaN, 1]]);
  expect((["time", "clock", "epoch"] as const).map((axis) => places(untimed, axis, timingOf(untimed)))).toEqual([[], [], []]);
  const curve = curveOf([[1, 5_000, 1]]);
  expect(livesOf([{ index: 0, startedAt: Date.UTC(2100, 0) }], curve)).toEqual([{ index: 0, start: 5_000, end: 5_000 }]);
});

test("VW3 a value between two points lies on the line between them, and there is none beyond the ends or beside a NaN", () => {
  const x = [0, 10, 20, 30];
  const values = [1, 2, Number.NaN, 4];
  expect([-1, 0, 5, 10, 15, 20, 25, 30, 31].map((at) => valueAt(x, values, at))).toEqual([null, 1, 1.5, 2, null, null, null, 4, null]);
  expect(valueAt([], [], 0)).toBeNull();
});

test("VW3 under the pointer each run has its value and the baseline's at the same place, though it has no point there itself", () => {
  const runs = [
    drawnRun(
      "a",
      curveOf([
        [0, 0, 1],
        [100, 0, 2],
      ]),
    ),
    drawnRun(
      "b",
      curveOf([
        [25, 0, 1],
        [75, 0, 3],
      ]),
    ),
    drawnRun("c", curveOf([[500, 0, 9]])),
  ];
  const plots = new Plots();
  const series = { key: "loss", title: "loss", names: ["loss", "loss", "loss"] };
  plots.group.set({ smoothing: 0 });
  plots.update(runs, [series], "step");
  expect(plots.group.extent).toEqual({ from: 0, to: 500 });
  const lines = plots.lines(series, runs, PALETTE);
  const told = (x: number) => lines.map((line) => plots.against(line, lines[0], x, "step", 500));
  expect(told(50)).toEqual([null, "+0.5000", null]);
  expect(told(40)).toEqual([null, "+0.2000", null]);
  // Where the baseline has ended there is nothing to be measured by.
  expect(told(500)).toEqual([null, null, null]);
  expect([difference(2, 1.5), difference(1.5, 2), difference(2, 2), difference(null, 2), difference(Number.NaN, 2)]).toEqual([
    "+0.5000",
    "−0.5000",
    "±0.0000",
    null,
    null,
  ]);
});

test("VW3 a part of an axis has the steps that stand in it, and one entry more on either side", () => {
  const curve = curveOf([0, 10, 20, 30, 40].map((step) => [step, step * 1000, 1] as const));
  const within = (axis: "step" | "time", from: number, to: number) => stepsWithin([curve], axis, timingOf(curve), { from, to });
  expect(within("step", 15, 25)).toEqual({ from: 10, to: 30 });
  expect(within("time", 9_000, 41_000)).toEqual({ from: 0, to: 40 });
  expect(within("step", 41, 50)).toBeNull();
});

test("EV2 the losses of different trainers share a chart, the rest goes by name, and what a trainer smoothed itself is left out", () => {
  const { loss, groups } = matchSeries([
    ["loss/train_step", "smooth_loss/train_step", "lr/unet"],
    ["train/loss", "lr/unet", "grad_norm"],
    [],
  ]);
  expect(loss).toEqual({ key: "loss", title: "loss", names: ["loss/train_step", "train/loss", null] });
  expect(groups).toEqual([
    { prefix: "grad_norm", series: [{ key: "grad_norm", title: "grad_norm", names: [null, "grad_norm", null] }] },
    { prefix: "lr", series: [{ key: "lr/unet", title: "unet", names: ["lr/unet", "lr/unet", null] }] },
  ]);
  expect(matchSeries([["vram"]]).loss).toBeNull();
  expect(matchSeries([["a/loss"], ["a/loss"]]).loss?.title).toBe("a/loss");
});

test("EV3 a run in figures: its lowest loss and where, and a pace from its time where it tells none", () => {
  const curve = curveOf([
    [1, 0, 3],
    [50, 50_000, 1],
    [100, 100_000, 2],
  ]);
  const row = summaryRow(EMPTY_VIEW, curve, timingOf(curve), 0, 100);
  expect(row).toEqual({ steps: 100, last: 2, least: { value: 1, step: 50 }, pace: 1, seconds: 100 });
  expect(summaryRow(EMPTY_VIEW, [], { stepsPerEpoch: null, lives: [] }, 0, 0)).toEqual({
    steps: null,
    last: null,
    least: null,
    pace: null,
    seconds: null,
  });
});

test("EV2 the CSV has what is on the screen, in its range, with NaN by name", () => {
  const run = drawnRun(
    'a,"b"',
    curveOf([
      [1, 0, 3],
      [2, 0, Number.NaN],
      [3, 0, 5],
    ]),
  );
  const traces = tracesOn(run.series.get("loss") ?? [], "step", run.timing);
  const rows = traces.map((trace) => ({ run: run.run, name: run.name, series: "=loss", trace, smoothed: trace.last }));
  expect(tracesCsv(rows, "step", { from: 2, to: 3 }).split("\r\n")).toEqual([
    "run,name,series,segment,step,value,min,max,smoothed",
    `"a,""b""","a,""b""",'=loss,0,2,NaN,NaN,NaN,NaN`,
    `"a,""b""","a,""b""",'=loss,0,3,5,5,5,5`,
    "",
  ]);
  expect(tracesCsv(rows, "time", null).split("\r\n")[1]).toBe(`"a,""b""","a,""b""",'=loss,0,0,1,3,3,3,3`);
});

test("VW3 prompts are matched by their text, those that more runs have first, and of each run the newest sample counts", () => {
  const sample = (sample_id: string, prompt: string | null) => ({ type: "sample_generated" as const, sample_id, prompt });
  const rows = promptRows([
    [sample("a2", "alone"), sample("a1", "cat")],
    [sample("b3", "cat"), sample("b2", "cat"), sample("b1", null)],
  ]);
  expect(rows.map(({ prompt, samples }) => [prompt, ...samples.map((each) => each?.sample_id ?? null)])).toEqual([
    ["cat", "a1", "b3"],
    ["alone", "a2", null],
  ]);
});
