import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { initialWatch, look, observe, type ProgressWord, type WatchState } from "../../../agent/health/progress-watch.ts";
import { createTranslator } from "../../../agent/translate/translator.ts";
import type { AnyEvent } from "../../../protocol/index.ts";
import { hookMessages } from "../translate/recorded-run.ts";

/** What happens in a training, one thing after the other; `hang` is never over. */
type Act =
  | { what: "step" | "sample" | "nothing"; s: number }
  | { what: "phase"; phase: string; status?: string }
  | { what: "asleep"; s: number };

/** A training that is looked at each second, as the agent looks at it every other. */
class Training {
  watch: WatchState = initialWatch();
  now = 1_000_000;
  /** Each change of the word, with the second of it. */
  readonly words: { at: number; word: ProgressWord; reason: string | null }[] = [];
  #step = 0;

  /** @param options whether the trainer tells its phases, as OneTrainer does from its first word on */
  constructor({ tells = true } = {}) {
    if (tells) this.play([{ what: "phase", phase: "loading", status: "starting" }]);
  }

  play(acts: readonly Act[]): this {
    for (const act of acts) {
      if (act.what === "asleep") {
        this.now += act.s;
        this.#look(act.s);
        continue;
      }
      if (act.what !== "phase") this.#pass(act.s);
      const event = this.#eventOf(act);
      if (event) observe(this.watch, event, this.now);
      this.#look(0);
    }
    return this;
  }

  #pass(seconds: number): void {
    for (let left = seconds; left > 0; left -= 1) {
      const passed = Math.min(1, left);
      this.now += passed;
      this.#look(passed);
    }
  }

  #look(passed: number): void {
    const { state: word, reason } = look(this.watch, passed);
    if (this.words.at(-1)?.word !== word) this.words.push({ at: this.now, word, reason });
  }

  #eventOf(act: Act): AnyEvent | null {
    if (act.what === "step") {
      this.#step += 1;
      return { type: "training_progress", global_step: this.#step };
    }
    if (act.what === "sample") return { type: "sample_progress", step: 1, max_step: 20 };
    if (act.what === "phase") return { type: "training_status", status: act.status ?? "running", phase: act.phase };
    return null;
  }

  get alarms(): number {
    return this.words.filter(({ word }) => word === "stalled").length;
  }
  get word(): ProgressWord | undefined {
    return this.words.at(-1)?.word;
  }
}

const step = (s: number): Act => ({ what: "step", s });
const phase = (name: string, status = "running"): Act => ({ what: "phase", phase: name, status });
const nothing = (s: number): Act => ({ what: "nothing", s });
const steps = (times: number, s: (n: number) => number): Act[] => Array.from({ length: times }, (_, n) => step(s(n)));
/** What holds the training for a while. */
const stretch = (name: string, s: number): Act[] => [phase(name), nothing(s), phase("training")];

const NO_STALL: [string, Act[]][] = [
  ["a slow start: the first step takes twenty minutes, the next ones a second", [phase("training"), step(1200), ...steps(300, () => 1)]],
  [
    "one slow epoch, three times as long a step",
    [phase("training"), ...steps(100, () => 2), ...steps(100, () => 6), ...steps(100, () => 2)],
  ],
  [
    "a pause of an hour",
    [phase("training"), ...steps(50, () => 1), phase("training", "paused"), nothing(3600), phase("training"), step(1)],
  ],
  [
    "samples that take ten minutes, and say nothing",
    [phase("training"), ...steps(20, () => 1), ...stretch("sampling", 600), ...steps(20, () => 1), ...stretch("sampling", 700), step(1)],
  ],
  [
    "samples that take two hours, and say how far they are",
    [phase("training"), ...steps(20, () => 1), phase("sampling"), ...Array.from({ length: 60 }, (): Act => ({ what: "sample", s: 120 }))],
  ],
  [
    "a validation after each epoch",
    [phase("training"), ...Array.from({ length: 10 }, (_, n) => [...steps(50, () => 0.5), ...stretch("validating", 200 + 10 * n)]).flat()],
  ],
  [
    "a large model that is saved for a quarter of an hour",
    [phase("training"), ...steps(50, () => 1), ...stretch("saving", 900), ...steps(5, () => 1)],
  ],
  ["two hours of caching before the first step", [phase("caching", "starting"), nothing(7200), phase("training"), step(60), step(3)]],
  [
    "a GPU that throttles: each step takes 3 % longer than the one before, up to a hundred times",
    [phase("training"), ...steps(160, (n) => 0.5 * 1.03 ** n)],
  ],
  ["steps of a heavy tail", [phase("training"), ...steps(400, (n) => 4 / (1 - ((n * 0.618) % 1) * 0.97))]],
  ["a machine that sleeps for an hour between two steps", [phase("training"), ...steps(50, () => 1), { what: "asleep", s: 3600 }, step(1)]],
  ["a slow trainer: ten minutes a step", [phase("training"), ...steps(20, () => 600)]],
  ["one hiccup, half a minute where a step takes a second", [phase("training"), ...steps(100, () => 1), step(29), ...steps(100, () => 1)]],
  [
    "a trainer that says nothing but its steps, and takes five minutes now and then",
    [
      { what: "phase", phase: "training", status: "running" },
      ...Array.from({ length: 6 }, () => [...steps(50, () => 0.5), step(300)]).flat(),
    ],
  ],
  ["a training that has ended", [phase("training"), ...steps(50, () => 1), phase("", "completed"), nothing(7200)]],
];

const STALLS: [string, Act[], number][] = [
  ["in the middle of a training", [phase("training"), ...steps(200, () => 0.8), nothing(3600)], 31],
  ["right after the first step", [phase("training"), step(90), nothing(7200)], 1801],
  ["before the first step", [phase("training"), nothing(7200)], 1801],
  [
    "while it samples",
    [phase("training"), ...steps(20, () => 1), ...stretch("sampling", 60), step(1), phase("sampling"), nothing(7200)],
    301,
  ],
  ["while it saves, for the first time", [phase("training"), ...steps(20, () => 1), phase("saving"), nothing(7200)], 1801],
  ["after a sleep of an hour", [phase("training"), ...steps(50, () => 1), { what: "asleep", s: 3600 }, nothing(600)], 31],
  ["of a slow trainer", [phase("training"), ...steps(20, () => 60), nothing(7200)], 601],
  ["while it stops", [phase("training"), ...steps(50, () => 1), phase("saving", "stopping"), nothing(7200)], 1801],
];

describe("progress that is judged by its own pace", () => {
  test.each(NO_STALL)("HL1 no stall: %s", (what, acts) => {
    const tells = acts.some((act) => act.what === "phase" && act.phase !== "training") || !what.includes("nothing but its steps");
    expect(new Training({ tells }).play(acts).words.filter(({ word }) => word === "stalled")).toEqual([]);
  });

  test.each(STALLS)("HL1 a hang is found %s", (what, acts, most) => {
    const training = new Training().play(acts);
    expect(training.word).toBe("stalled");
    const hung = training.words.at(-1);
    const lasted = (acts.at(-1) as { s: number }).s;
    const after = lasted - (training.now - (hung?.at ?? 0));
    expect(after).toBeLessThanOrEqual(most);
    console.info(`a hang ${what} is found after ${Math.round(after)} s: ${hung?.reason}`);
  });

  test("HL1 a step ends a stall, which is told with its reason", () => {
    const training = new Training().play([phase("training"), ...steps(200, () => 0.8), nothing(94), step(1)]);
    expect(training.words.map(({ word }) => word)).toEqual(["waiting", "advancing", "stalled", "advancing"]);
    expect(training.words[2]?.reason).toMatch(/^no step for 3\d s; usual 0\.8 s, threshold 30 s$/);
  });

  test("HL1 another agent goes on in the middle of a stall, and forgets no silence", () => {
    const before = new Training().play([phase("training"), ...steps(200, () => 0.8), nothing(20)]);
    const after = new Training();
    after.watch = JSON.parse(JSON.stringify(before.watch)) as WatchState;
    after.play([nothing(15)]);
    expect(after.word).toBe("stalled");
  });

  test("HL1 whatever the pace, steps within three times of it are no stall", () => {
    const shape = fc.record({
      usual: fc.double({ min: 0.01, max: 100, noNaN: true }),
      factors: fc.array(fc.double({ min: 1 / 3, max: 3, noNaN: true }), { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(shape, ({ usual, factors }) => {
        const training = new Training().play([phase("training"), ...factors.map((factor) => step(usual * factor))]);
        expect(training.alarms).toBe(0);
      }),
      { numRuns: 60, seed: 6 },
    );
  });

  test.each(["full", "stopped", "resumed", "nan"] as const)("HL1 the recorded run %s never stalls, looked at each second", (name) => {
    const translator = createTranslator();
    const watch = initialWatch();
    const words = new Set<ProgressWord>();
    let clock: number | null = null;
    for (const message of hookMessages(name)) {
      for (let at: number = clock ?? message.t; at < message.t; at += 1) words.add(look(watch, 1).state);
      clock = message.t;
      for (const event of translator.hook("session", message).events) observe(watch, event, message.t);
      words.add(look(watch, 0).state);
    }
    expect(words).toEqual(new Set(["waiting", "advancing", "over"]));
  });
});
