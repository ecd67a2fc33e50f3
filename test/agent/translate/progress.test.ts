import { expect, test } from "vitest";
import { placeOf, withEpoch } from "../../../agent/translate/progress.ts";

const nothing = { epoch: null, epoch_step: null, global_step: null, max_step: null, max_epoch: null };

test.each([
  ["OneTrainer", { epoch: 1, epoch_step: 4, global_step: 12, max_step: 8, max_epoch: 3 }, { done: 12, total: 24, epoch_steps: 8 }],
  [
    "one that was resumed with other epochs: the epochs count",
    { epoch: 1, epoch_step: 4, global_step: 99, max_step: 8, max_epoch: 3 },
    { done: 12, total: 24, epoch_steps: 8 },
  ],
  ["steps over all epochs", { ...nothing, global_step: 12, max_step: 8, max_epoch: 3 }, { done: 12, total: 24, epoch_steps: 8 }],
  ["steps without epochs", { ...nothing, global_step: 12, max_step: 100 }, { done: 12, total: 100, epoch_steps: null }],
  [
    "epochs without a known number",
    { ...nothing, epoch: 4, epoch_step: 2, global_step: 34, max_step: 8 },
    { done: 34, total: null, epoch_steps: null },
  ],
  ["a step alone", { ...nothing, global_step: 12 }, { done: 12, total: null, epoch_steps: null }],
  ["nothing", nothing, null],
])("EV3 the place of a training that tells of %s", (_what, progress, place) => {
  expect(placeOf(progress)).toEqual(place);
});

test.each([
  ["the start", 0, { epoch: 0, epoch_step: 0 }],
  ["the first epoch", 5, { epoch: 0, epoch_step: 5 }],
  ["the end of an epoch", 8, { epoch: 0, epoch_step: 8 }],
  ["the second epoch", 9, { epoch: 1, epoch_step: 1 }],
  ["the end", 24, { epoch: 2, epoch_step: 8 }],
])("EV7 steps over all epochs are placed in their epoch: %s", (_what, global_step, placed) => {
  const progress = { ...nothing, global_step, max_step: 8, max_epoch: 3 };
  expect(withEpoch(progress)).toEqual({ ...progress, ...placed });
  expect(placeOf(withEpoch(progress))?.done).toBe(global_step);
});

test("EV7 what the trainer says of its epochs is not touched", () => {
  const told = { epoch: 1, epoch_step: 0, global_step: 8, max_step: 8, max_epoch: 3 };
  expect(withEpoch(told)).toBe(told);
  expect(withEpoch({ ...nothing, global_step: 8 })).toEqual({ ...nothing, global_step: 8 });
  expect(withEpoch({ ...nothing, global_step: 8, max_step: 10 })).toMatchObject({ epoch: null, epoch_step: 8 });
});
