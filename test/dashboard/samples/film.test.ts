import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { filmOf, sampleAt, sampleIn } from "../../../dashboard/samples/film.ts";
import { fileName, mediaOf, type Sample, withSample } from "../../../dashboard/samples/sample.ts";
import { moved, WHOLE, zoomed } from "../../../dashboard/samples/zoom.ts";

const sample = (offset: number, step: number, prompt: string | null, more: Partial<Sample> = {}): Sample => ({
  type: "sample_generated",
  ...{ sample_id: `s${offset}`, offset, step, prompt, timestamp: "2026-11-23T12:00:00.000Z" },
  ...more,
});
const all = (...samples: Sample[]) => samples.reduce<readonly Sample[]>(withSample, []);
const [A, B] = ["a circle", "a square"];

describe("samples by prompt and time", () => {
  test("EV1 a sample is there once, newest first, whatever the order in which it comes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (offsets) => {
        const samples = all(...offsets.map((offset) => sample(offset, offset, A)));
        expect(samples.map(({ offset }) => offset)).toEqual([...new Set(offsets)].sort((a, b) => b - a));
      }),
    );
  });

  test("EV1 samples of one step are one moment, and a run that went back has that step twice", () => {
    const film = filmOf(all(sample(1, 0, A), sample(2, 0, B), sample(5, 8, A), sample(6, 8, B), sample(9, 4, A)));
    expect(film.moments).toEqual([
      { step: 0, until: 2 },
      { step: 8, until: 6 },
      { step: 4, until: 9 },
    ]);
    expect(film.rows.map(({ prompt }) => prompt)).toEqual([A, B]);
  });

  test("EV1 at a moment each prompt has its newest until then, and only what was taken then is in its column", () => {
    const film = filmOf(all(sample(1, 0, A), sample(3, 8, A), sample(4, 8, B), sample(7, 16, B)));
    const [first, second, third] = film.moments;
    const [rowA, rowB] = film.rows;
    if (!rowA || !rowB || !first || !second || !third) throw new Error("two prompts and three moments are expected");
    expect(sampleAt(rowB, first)).toBeNull();
    expect(sampleAt(rowA, third)).toMatchObject({ sample: { offset: 3 }, index: 1 });
    expect([sampleIn(rowA, second, first)?.offset, sampleIn(rowA, third, second), sampleIn(rowB, third, second)?.offset]).toEqual([
      3,
      null,
      7,
    ]);
  });

  test("EV1 samples of somebody's own wish come last, also with a prompt of the run's own", () => {
    const film = filmOf(all(sample(1, 0, "mine", { sample_type: "custom" }), sample(2, 4, A), sample(3, 4, A, { sample_type: "custom" })));
    expect(film.rows.map(({ prompt, custom }) => [prompt, custom])).toEqual([
      [A, false],
      ["mine", true],
      [A, true],
    ]);
  });
});

test("EV1 what is shown how, and under which name it is taken home", () => {
  expect(["image/png", "video/mp4", "audio/wav", "application/zip", null].map((media_type) => mediaOf({ media_type }))).toEqual([
    ...["picture", "video", "sound", "file", "picture"],
  ]);
  expect(fileName("r1", sample(1, 8, "../a <circle>", { media_type: "image/webp" }))).toBe("r1-8-a-circle.webp");
});

test("VW3 a picture is enlarged around a point that stays, and cannot be lost", () => {
  const stage = { width: 800, height: 600 };
  const at = { x: 100, y: -50 };
  const closer = zoomed(WHOLE, 2, at, stage);
  // The point of the picture under the pointer: (at - moved) / scale.
  expect([(at.x - closer.x) / closer.scale, (at.y - closer.y) / closer.scale]).toEqual([at.x, at.y]);
  expect(zoomed(closer, 0.001, at, stage)).toMatchObject({ scale: 1, x: 0, y: 0 });
  expect(moved(closer, { x: 9999, y: -9999 }, stage)).toEqual({ scale: 2, x: 400, y: -300 });
});
