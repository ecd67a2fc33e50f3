import { describe, expect, test } from "vitest";
import { createTranslator, type Translator } from "../../../agent/translate/translator.ts";
import type { AnyEvent } from "../../../protocol/events.ts";
import { type HookMessage, hookMessage } from "../../../protocol/hook-messages.ts";
import { STARTED } from "./recorded-run.ts";

const STEP_SECONDS = 2;
const HOUR = 3600;
const EPOCH_STEPS = 40;

let n = 0;
const message = (t: number, fields: Record<string, unknown>): HookMessage => hookMessage.parse({ n: ++n, t: STARTED + t, ...fields });
const text = (t: number, said: string) => message(t, { type: "status_text", text: said });
const step = (t: number, done: number) =>
  message(t, { type: "progress", epoch: 0, epoch_step: done, global_step: done, max_step: EPOCH_STEPS, max_epoch: 2 });

/** What the hook says of a pause. */
const held = (t: number) => message(t, { type: "status", status: "paused" });
const left = (t: number, phase = "training", said: string | null = null) =>
  message(t, { type: "status", status: "running", phase, message: said });

/** OneTrainer's words for steps that take two seconds each. */
const trains = (from: number, to: number, later = 0): HookMessage[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index).flatMap((done) => [
    text((done - 1) * STEP_SECONDS + later, "Training ..."),
    step(done * STEP_SECONDS + later, done),
  ]);

const feed = (translator: Translator, messages: readonly HookMessage[]): AnyEvent[] =>
  messages.flatMap((one) => translator.hook("session", one).events);
const of = (events: readonly AnyEvent[], type: string) => events.filter((event) => event.type === type);
const statuses = (events: readonly AnyEvent[]) =>
  of(events, "training_status").map(({ status, phase, message: said }) => [status, phase, said]);
const forecasts = (events: readonly AnyEvent[]) =>
  of(events, "training_progress").map(({ eta_seconds, eta_low_seconds, eta_high_seconds, steps_per_second }) => ({
    eta_seconds,
    eta_low_seconds,
    eta_high_seconds,
    steps_per_second,
  }));

describe("a training that an operator paused", () => {
  const paused = [...trains(1, 20), held(40), left(40 + HOUR), ...trains(21, 30, HOUR)];

  test("CM3 is paused, and then does what it did, as OneTrainer says it", () => {
    const translator = createTranslator();
    translator.attached(STARTED * 1000);
    feed(translator, trains(1, 20));
    expect(statuses(feed(translator, [held(40), left(40 + HOUR), ...trains(21, 30, HOUR)]))).toEqual([
      ["paused", null, null],
      ["running", "training", null],
      ["running", "training", "Training ..."],
    ]);
  });

  test("EV3 has the pace and the forecasts of one that was not", () => {
    const straight = forecasts(feed(createTranslator(), trains(1, 30)));
    expect(straight.at(-1)).toMatchObject({ eta_seconds: 100, steps_per_second: 0.5 });
    expect(forecasts(feed(createTranslator(), paused))).toEqual(straight);
  });

  test("EV3 also where the agent was killed and came back in between", () => {
    const events: AnyEvent[] = [];
    let translator = createTranslator();
    for (const one of paused) {
      events.push(...translator.hook("session", one).events);
      translator = createTranslator(translator.state());
    }
    expect(forecasts(events)).toEqual(forecasts(feed(createTranslator(), trains(1, 30))));
  });

  test("EV3 with the explicit API, in whose phases the steps are counted as they were", () => {
    const steps = (from: number, to: number, later = 0) => trains(from, to, later).filter((one) => one.type === "progress");
    const begins = message(0, { type: "status", status: "running", phase: "warm-up" });
    const straight = feed(createTranslator(), [begins, ...steps(1, 30)]);
    const with_pause = feed(createTranslator(), [begins, ...steps(1, 20), held(40), left(40 + HOUR, "warm-up"), ...steps(21, 30, HOUR)]);
    expect(forecasts(straight).at(-1)).toMatchObject({ steps_per_second: 0.5 });
    expect(forecasts(with_pause)).toEqual(forecasts(straight));
  });

  test("CM3 and then stopped ends as stopped, by way of what OneTrainer still does", () => {
    const translator = createTranslator();
    feed(translator, [...trains(1, 20), held(40)]);
    const events = feed(translator, [
      message(50, { type: "stop_requested" }),
      left(50),
      text(50, "Creating backup"),
      text(51, "Saving the final model"),
      message(52, { type: "end" }),
    ]);
    events.push(...translator.exited({ code: 0, signal: null, passedOn: null }, (STARTED + 53) * 1000).events);
    expect(statuses(events).map(([status, phase]) => `${status}/${phase}`)).toEqual([
      "running/training",
      "running/backup",
      "stopping/saving",
      "stopped/null",
    ]);
    expect(of(events, "training_progress").at(-1)).toMatchObject({ global_step: 20, eta_seconds: null });
  });

  test("CM3 and then killed ends as an error, with no time left", () => {
    const translator = createTranslator();
    feed(translator, [...trains(1, 20), held(40)]);
    const { events } = translator.exited({ code: null, signal: "SIGKILL", passedOn: null }, (STARTED + 53) * 1000);
    expect(of(events, "training_status")).toMatchObject([{ status: "error", error: "killed by SIGKILL" }]);
    expect(of(events, "training_progress").at(-1)).toMatchObject({ global_step: 20, eta_seconds: null });
  });
});
