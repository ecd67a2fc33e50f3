import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { room } from "../support/rooms.ts";
import { type Played, play, shrink } from "./play.ts";
import { REGRESSIONS } from "./regressions.ts";

const settings = env as unknown as Record<string, string | undefined>;
const STEPS = Number(settings.FUZZ_STEPS || 150);
/** The first seed, and how many: `FUZZ_SEED` alone plays that one again. */
const SEED = Number(settings.FUZZ_SEED || 1);
const RUNS = Number(settings.FUZZ_RUNS || (settings.FUZZ_SEED ? 1 : 250));
/** A long campaign ends here, rather than to tell the same thing a hundred times. */
const FAILURES_MAX = 5;

/** What comes after this many lines is mostly everybody coming to rest. */
const DIARY_LINES = 200;

/** Plays some steps of a seed over an empty storage. One object for all: each would keep files open. */
async function playAlone(seed: number, steps: readonly number[]): Promise<Played> {
  return runInDurableObject(room("fuzz"), async (_, { storage }) => {
    await storage.deleteAll();
    return play(storage, seed, steps);
  });
}

/** @returns null, or what failed with the fewest steps that still show it */
async function run(seed: number): Promise<string | null> {
  const steps = Array.from({ length: STEPS }, (_, index) => index);
  if ((await playAlone(seed, steps)).failure === null) return null;
  const left = await shrink(async (fewer) => (await playAlone(seed, fewer)).failure !== null, steps);
  const { failure, diary } = await playAlone(seed, left);
  const story = diary.slice(0, DIARY_LINES).join("\n");
  return `seed ${seed}, ${left.length} steps:\n${story}\n${failure}\nagain: FUZZ_SEED=${seed} FUZZ_STEPS=${STEPS} npx vitest run --project worker test/worker/fuzz`;
}

describe.runIf(!settings.FUZZ_SEED)("what seeds have found", () => {
  test.each(REGRESSIONS)("PR1 seed $seed: $found", async ({ seed }) => {
    expect(await run(seed)).toBeNull();
  });
});

describe("the room under random interleavings", () => {
  test("PR1 nothing is lost, doubled or renumbered in silence", async () => {
    const failures: string[] = [];
    for (let seed = SEED; seed < SEED + RUNS && failures.length < FAILURES_MAX; seed++) {
      const failure = await run(seed);
      if (failure !== null) failures.push(failure);
    }
    expect(failures.join("\n\n")).toBe("");
  }, 3_600_000);
});
