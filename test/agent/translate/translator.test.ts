import { describe, expect, test } from "vitest";
import { createTranslator, type Translated, type Translator } from "../../../agent/translate/translator.ts";
import { type AnyEvent, parseEvent } from "../../../protocol/events.ts";
import { type HookMessage, hookMessage } from "../../../protocol/hook-messages.ts";
import { SERIES_PER_RUN } from "../../../protocol/limits.ts";
import { hookMessages, type RecordingName, readCalls, STARTED } from "./recorded-run.ts";

const NOW = STARTED * 1000;
const GONE = { code: 0, signal: null, passedOn: null };
let n = 0;
const message = (fields: Record<string, unknown>): HookMessage => hookMessage.parse({ n: ++n, t: STARTED, ...fields });
const text = (said: string, t = STARTED) => message({ type: "status_text", text: said, t });
const scalar = (tag: string, value: unknown, step: number | null, t = STARTED) =>
  message({ type: "scalars", rows: [[t, tag, value, step]], t });
const step = (global_step: number, more: Record<string, unknown> = {}) =>
  message({ type: "progress", epoch: 0, epoch_step: global_step, global_step, max_step: 10, max_epoch: 1, ...more });

const of = (events: readonly AnyEvent[], type: string) => events.filter((event) => event.type === type);
const statuses = (events: readonly AnyEvent[]) =>
  of(events, "training_status").map(({ status, phase, message: said, error }) => [status, phase, said, error]);

/** Feeds messages one by one. */
function feed(translator: Translator, ...messages: HookMessage[]): AnyEvent[] {
  return messages.flatMap((one) => translator.hook("session", one).events);
}

/** A whole recording, from the process's start to its end. */
function translate(name: RecordingName, batch = 1): Translated {
  const translator = createTranslator();
  const messages = hookMessages(name);
  const turns = [translator.attached(NOW)];
  for (let from = 0; from < messages.length; from += batch) turns.push(translator.hookAll("session", messages.slice(from, from + batch)));
  turns.push(translator.exited({ code: name === "nan" ? 1 : 0, signal: null, passedOn: null }, NOW + 60_000));
  return { events: turns.flatMap((turn) => turn.events), samples: turns.flatMap((turn) => turn.samples) };
}

describe("recorded runs", () => {
  test.each(["full", "stopped", "resumed", "nan"] as const)("EV7 %s: every event fits the protocol", (name) => {
    for (const event of translate(name).events) expect(parseEvent(event)).toMatchObject({ kind: "known" });
  });

  test("EV4 full: statuses come on change only, as the table has them", () => {
    const told = statuses(translate("full").events).map(([status, phase]) => `${status}/${phase}`);
    expect(told.slice(0, 9)).toEqual([
      "starting/null",
      "starting/loading",
      "starting/setup",
      "starting/caching",
      "starting/caching",
      "running/sampling",
      "running/training",
      "running/validating",
      "running/training",
    ]);
    expect(told.slice(-3)).toEqual(["running/backup", "stopping/saving", "completed/null"]);
    const training = readCalls("full").filter((call) => call.status === "Training ...").length;
    expect(told.filter((status) => status === "running/training").length).toBeLessThan(training);
  });

  test.each([
    ["full", "completed", null],
    ["stopped", "stopped", null],
    ["resumed", "completed", null],
    ["nan", "error", "RuntimeError: Training loss became NaN."],
  ] as const)("EV7 %s ends as %s, once", (name, status, error) => {
    const told = statuses(translate(name).events);
    expect(told.at(-1)).toEqual([status, null, null, error]);
    expect(told.filter(([one]) => one === status)).toHaveLength(1);
  });

  test.each(["full", "stopped", "resumed", "nan"] as const)("EV7 %s: every scalar is in the metrics, none thinned", (name) => {
    for (const batch of [1, 7, 1000]) {
      const points: unknown[] = [];
      for (const event of of(translate(name, batch).events, "metrics")) {
        const { steps, series } = event as unknown as { steps: number[]; series: Record<string, unknown[]> };
        for (const [tag, values] of Object.entries(series)) {
          expect(values).toHaveLength(steps.length);
          for (const [row, value] of values.entries()) if (value !== null) points.push([tag, steps[row], value]);
        }
      }
      const logged = readCalls(name)
        .filter((call) => call.call === "add_scalar")
        .map((call) => [call.tag, call.global_step, call.value]);
      const sorted = (all: unknown[]) => all.map((one) => JSON.stringify(one)).sort();
      expect(sorted(points)).toEqual(sorted(logged));
    }
  });

  test("EV7 a batch of messages becomes one metrics event, before the status that ends the run", () => {
    const translator = createTranslator();
    const { events } = translator.hookAll("session", hookMessages("full"));
    expect(of(events, "metrics")).toHaveLength(1);
    expect(events.findIndex((event) => event.type === "metrics")).toBeLessThan(events.findIndex((event) => event.status === "completed"));
  });

  test("EV7 progress carries the scalars of its step, and the epoch's place", () => {
    for (const batch of [1, 1000]) {
      const progress = of(translate("full", batch).events, "training_progress");
      const calls = readCalls("full");
      const loss = new Map(calls.filter((call) => call.tag === "loss/train_step").map((call) => [call.global_step, call.value]));
      const rate = new Map(calls.filter((call) => call.tag === "lr/text_encoder_lora").map((call) => [call.global_step, call.value]));
      expect(progress).toHaveLength(24 + 3 + 1);
      for (const event of progress) {
        expect(event.loss).toBe(loss.get(Number(event.global_step) - 1));
        expect(event.learning_rate).toBe(rate.get(Number(event.global_step) - 1));
        expect(event).toMatchObject({ step: event.epoch_step, max_step: 8, max_epoch: 3 });
      }
    }
  });

  test("EV7 a validation scalar is a validation result with its label; NaN travels as a string", () => {
    expect(of(translate("full").events, "validation_result").map(({ step: at, label }) => [at, label])).toEqual([
      [0, "held out"],
      [8, "held out"],
      [16, "held out"],
    ]);
    expect(of(translate("nan").events, "validation_result")[0]).toMatchObject({ validation_loss: "NaN", label: "held out" });
  });

  test("EV3 a resumed run says what is left from its third step on, and where it went on from", () => {
    const { events } = translate("resumed");
    const progress = of(events, "training_progress");
    expect(progress[0]).toMatchObject({ global_step: 12, eta_seconds: null });
    expect(Number(progress[3]?.eta_seconds)).toBeGreaterThan(1);
    expect(Number(progress[3]?.eta_seconds)).toBeLessThan(10);
    expect(of(events, "run_info").at(-1)).toMatchObject({ trainer: "onetrainer", resumed_from: { global_step: 11, epoch: 1 } });
    expect(of(translate("full").events, "run_info")).toHaveLength(1);
  });

  test("EV3 the last progress leaves no time after a completed run, and an unknown one after a stopped run", () => {
    expect(of(translate("full").events, "training_progress").at(-1)).toMatchObject({ eta_seconds: 0, eta_high_seconds: 0 });
    expect(of(translate("stopped").events, "training_progress").at(-1)).toMatchObject({ eta_seconds: null, eta_low_seconds: null });
  });

  test("EV4 an agent that was killed between any two messages says nothing twice and leaves nothing out", () => {
    const once = translate("full").events;
    let translator = createTranslator();
    const events = [...translator.attached(NOW).events];
    for (const one of hookMessages("full")) {
      translator = createTranslator(JSON.parse(JSON.stringify(translator.state())));
      events.push(...translator.hook("session", one).events);
    }
    events.push(...translator.exited(GONE, NOW + 60_000).events);
    expect(events).toEqual(once);
  });
});

describe("statuses", () => {
  test.each([
    ["loading the model", "starting", "loading"],
    ["searching for previous backups", "starting", "loading"],
    ["something new", "starting", "loading"],
    ["running model setup", "starting", "setup"],
    ["creating the data loader/caching", "starting", "caching"],
    ["Starting epoch/caching", "starting", "caching"],
    ["Caching", "starting", "caching"],
    ["Training ...", "running", "training"],
    ["Sampling ...", "running", "sampling"],
    ["Calculating validation loss", "running", "validating"],
    ["Creating backup", "running", "backup"],
    ["Saving", "running", "saving"],
    ["Saving the final model", "stopping", "saving"],
    ["Stopping ...", "stopping", null],
  ])("EV7 before the first step %j is %s, phase %s", (said, status, phase) => {
    expect(statuses(feed(createTranslator(), text(said)))).toEqual([[status, phase, said, null]]);
  });

  test.each(["creating the data loader/caching", "Starting epoch/caching", "Caching"])("EV7 after the first step %j is running", (said) => {
    const translator = createTranslator();
    feed(translator, text("Training ..."), step(1));
    expect(statuses(feed(translator, text(said)))).toEqual([["running", "caching", said, null]]);
  });

  test("EV7 a text that nobody knows changes the message and nothing else once steps are done", () => {
    const translator = createTranslator();
    feed(translator, text("Training ..."), step(1));
    expect(statuses(feed(translator, text("Polishing")))).toEqual([["running", "training", "Polishing", null]]);
  });

  test("EV7 a stop that was asked for after the last step is a completed run", () => {
    const translator = createTranslator();
    feed(translator, text("Training ..."), step(10), message({ type: "stop_requested" }));
    expect(statuses(feed(translator, text("Stopped")))).toEqual([["completed", null, "Stopped", null]]);
  });

  test("EV7 after an exception nothing that cleans up changes the error", () => {
    const translator = createTranslator();
    feed(translator, text("Training ..."), step(1));
    expect(statuses(feed(translator, message({ type: "error", message: "ValueError: no" })))).toEqual([
      ["error", null, null, "ValueError: no"],
    ]);
    expect(feed(translator, text("Creating backup"), text("Saving the final model"), text("Error: check the console for details"))).toEqual(
      [],
    );
    expect(translator.exited({ code: 1, signal: null, passedOn: null }, NOW).events).toEqual([]);
  });

  test("EV7 a GUI trains again: the next training starts anew, with nothing of the one before", () => {
    const translator = createTranslator();
    feed(translator, text("Training ..."), step(1), step(2), message({ type: "stop_requested" }), message({ type: "end" }));
    const again = feed(translator, text("loading the model"), text("Training ..."), step(1), step(10), message({ type: "end" }));
    expect(statuses(again).map(([status]) => status)).toEqual(["starting", "running", "completed"]);
    expect(of(again, "training_progress")[0]).toMatchObject({ loss: null, eta_seconds: null });
  });

  test("EV7 a second process in the same run is another training", () => {
    const translator = createTranslator();
    feed(translator, text("Training ..."), message({ type: "stop_requested" }), step(2));
    const { events } = translator.hookAll("another", [text("loading the model"), text("Training ..."), step(10), message({ type: "end" })]);
    expect(statuses(events).map(([status]) => status)).toEqual(["starting", "running", "completed"]);
  });

  test("EV7 the explicit API's own word is passed on; a pause is one", () => {
    const translator = createTranslator();
    feed(translator, message({ type: "status", status: "running", phase: "training" }));
    expect(
      statuses(feed(translator, message({ type: "status", status: "paused" }), message({ type: "status", status: "paused" }))),
    ).toEqual([["paused", null, null, null]]);
    expect(statuses(feed(translator, message({ type: "status", status: "completed", message: "all done" })))).toEqual([
      ["completed", null, "all done", null],
    ]);
    expect(translator.exited(GONE, NOW).events).toEqual([]);
  });

  test("HL1 a training that said its end has ended so, also where nobody saw how its process went", () => {
    const translator = createTranslator();
    translator.hook("s", message({ type: "status", status: "running" }));
    expect(statuses(translator.hook("s", message({ type: "end" })).events)[0]?.[0]).toBe("completed");
    expect(translator.exited({ code: null, signal: null, passedOn: null }, NOW).events).toEqual([]);
  });
});

describe("the process's end", () => {
  const ended = (exit: Parameters<Translator["exited"]>[0], ...before: HookMessage[]) => {
    const translator = createTranslator();
    translator.attached(NOW);
    feed(translator, ...before);
    return statuses(translator.exited(exit, NOW).events);
  };

  test("EV7 a command that never trained: completed, or its exit code, or its signal", () => {
    expect(ended(GONE)).toEqual([["completed", null, null, null]]);
    expect(ended({ code: 3, signal: null, passedOn: null })).toEqual([["error", null, null, "exited with code 3"]]);
    expect(ended({ code: null, signal: "SIGKILL", passedOn: null })).toEqual([["error", null, null, "killed by SIGKILL"]]);
    expect(ended({ code: null, signal: null, passedOn: null })[0]?.[0]).toBe("error");
  });

  test.each([
    [{ code: null, signal: "SIGTERM", passedOn: "SIGTERM" }],
    [{ code: 130, signal: null, passedOn: "SIGINT" }],
    [{ code: 1, signal: null, passedOn: "SIGINT" }],
  ])("EV7 a signal that was passed on ends the run as stopped: %j", (exit) => {
    const interrupted = message({ type: "error", message: "KeyboardInterrupt" });
    expect(ended(exit, text("Training ..."), step(2))).toEqual([["stopped", null, `stopped by ${exit.passedOn}`, null]]);
    expect(ended(exit, text("Training ..."), step(2), interrupted)).toEqual([["stopped", null, `stopped by ${exit.passedOn}`, null]]);
  });

  test("EV7 another signal than those two does not look like a wish to stop", () => {
    expect(ended({ code: null, signal: "SIGKILL", passedOn: "SIGHUP" })).toEqual([["error", null, null, "killed by SIGKILL"]]);
  });

  test("EV7 a process that fails after its training ended did not complete", () => {
    expect(ended({ code: 139, signal: null, passedOn: null }, text("Training ..."), step(10), message({ type: "end" }))).toEqual([
      ["error", null, null, "exited with code 139"],
    ]);
  });
});

describe("other trainers", () => {
  const attach = message({ type: "run_info", trainer: "tensorboard", config: null });

  test("EV7 starting at attach, running at the first scalar, progress from the scalars and without a maximum", () => {
    const translator = createTranslator();
    const rows = [0, 1, 2, 3].flatMap((at) => [
      [STARTED + at, "train/loss", 4 - at, at * 10],
      [STARTED + at, "learning_rate", 0.1, at * 10],
    ]);
    const events = feed(translator, attach, message({ type: "scalars", rows }));
    expect(statuses(events).map(([status, phase]) => [status, phase])).toEqual([
      ["starting", null],
      ["running", "training"],
    ]);
    const progress = of(events, "training_progress");
    expect(progress.map(({ global_step, loss, learning_rate }) => [global_step, loss, learning_rate])).toEqual([
      [0, 4, 0.1],
      [10, 3, 0.1],
      [20, 2, 0.1],
      [30, 1, 0.1],
    ]);
    expect(progress.at(-1)).toMatchObject({ max_step: null, max_epoch: null, epoch: null, eta_seconds: null, steps_per_second: 10 });
  });

  test("EV7 OneTrainer's scalars alone are no progress: its callbacks tell it", () => {
    const translator = createTranslator();
    const events = feed(translator, message({ type: "run_info", trainer: "onetrainer" }), scalar("loss/train_step", 1, 0));
    expect(of(events, "training_progress")).toEqual([]);
    expect(statuses(events).map(([status]) => status)).toEqual(["starting"]);
  });

  test.each([
    ["loss", "loss"],
    ["Loss/train", "loss"],
    ["train_loss", "loss"],
    ["train/learning_rate", "learning_rate"],
    ["lr-AdamW", "learning_rate"],
    ["lr", "learning_rate"],
    ["smooth_loss", "smooth_loss"],
  ])("EV7 %s is the %s", (tag, role) => {
    const events = feed(createTranslator(), attach, scalar(tag, 0.5, 1));
    expect(of(events, "training_progress").at(-1)?.[role]).toBe(0.5);
  });

  test("EV7 the better name wins, whatever came first", () => {
    const events = feed(createTranslator(), attach, scalar("total_loss", 9, 1), scalar("train/loss", 1, 1), scalar("total_loss", 8, 2));
    expect(of(events, "training_progress").at(-1)?.loss).toBe(1);
  });

  test("EV7 scalars without a step get the newest step known, or are counted", () => {
    const translator = createTranslator();
    const counted = translator.hookAll("session", [attach, scalar("a", 1, null), scalar("a", 2, null), scalar("b", 3, null)]);
    expect(of(counted.events, "metrics")[0]).toMatchObject({ steps: [0, 1], series: { a: [1, 2], b: [3, null] } });
    const known = translator.hookAll("session", [scalar("a", 4, 70), scalar("b", 5, null)]);
    expect(of(known.events, "metrics")[0]).toMatchObject({ steps: [70], series: { a: [4], b: [5] } });
  });

  test("EV7 a tag that was logged twice at a step has two entries of that step", () => {
    const { events } = createTranslator().hookAll("session", [scalar("a", 1, 5), scalar("b", 2, 5), scalar("a", 3, 5), scalar("a", 4, 6)]);
    expect(of(events, "metrics")[0]).toMatchObject({ steps: [5, 5, 6], series: { a: [1, 3, 4], b: [2, null, null] } });
  });

  test("EV2 NaN and the infinities pass as strings, in metrics and progress", () => {
    const events = feed(createTranslator(), attach, scalar("loss", "NaN", 1), scalar("loss", "-Infinity", 2));
    expect(of(events, "metrics").map((event) => event.series)).toEqual([{ loss: ["NaN"] }, { loss: ["-Infinity"] }]);
    expect(of(events, "training_progress").map((event) => event.loss)).toEqual(["NaN", "-Infinity"]);
  });

  test("EV7 a series may be called anything; past the protocol's number of series they are left out, and it is said once", () => {
    const translator = createTranslator();
    const odd = of(feed(translator, scalar("__proto__", 1, 1), scalar("constructor", 2, 1)), "metrics");
    expect(odd.map((event) => Object.keys(event.series as object))).toEqual([["__proto__"], ["constructor"]]);
    const rows = Array.from({ length: SERIES_PER_RUN + 5 }, (_, index) => [STARTED, `series ${index}`, index, 1]);
    const events = feed(translator, message({ type: "scalars", rows }));
    expect(of(events, "log").filter((event) => event.level === "warning")).toHaveLength(1);
    const names = of(events, "metrics").flatMap((event) => Object.keys(event.series as object));
    expect(new Set(names).size).toBe(SERIES_PER_RUN - 2);
  });

  test("EV7 many unrelated steps and series become several events of bounded size", () => {
    const rows = Array.from({ length: 3000 }, (_, index) => [STARTED, `series ${index % 1500}`, 0.123456789, index]);
    const events = of(feed(createTranslator(), message({ type: "scalars", rows })), "metrics");
    expect(events.length).toBeGreaterThan(1);
    for (const event of events) expect(JSON.stringify(event).length).toBeLessThan(1024 * 1024);
  });
});

describe("other messages", () => {
  test("EV7 a sample is a file to upload, its progress an event", () => {
    const turn = createTranslator().hookAll("session", [
      message({ type: "sample_progress", sample_type: "custom", step: 1, max_step: 4 }),
      message({ type: "sample", sample_type: "custom", path: "/tmp/x.png", step: 4, epoch: 0, prompt: "a cat" }),
    ]);
    expect(turn.samples).toEqual([{ path: "/tmp/x.png", sample_type: "custom", step: 4, epoch: 0, prompt: "a cat", t: STARTED }]);
    expect(turn.events).toEqual([
      { type: "sample_progress", timestamp: new Date(NOW).toISOString(), sample_type: "custom", step: 1, max_step: 4 },
    ]);
  });

  test("EV7 a log of several lines is several events without control characters", () => {
    const events = feed(
      createTranslator(),
      message({ type: "log", level: "warning", message: "one\n\u0007two\n\n\u001b[31mred\u001b[0m" }),
    );
    expect(events.map((event) => [event.level, event.source, event.message])).toEqual([
      ["warning", "trainer", "one"],
      ["warning", "trainer", "two"],
      ["warning", "trainer", "\u001b[31mred\u001b[0m"],
    ]);
  });

  test("EV7 messages that the hook dropped are told", () => {
    const [event] = feed(createTranslator(), message({ type: "dropped", counts: { scalars: 12 } }));
    expect(event).toMatchObject({ type: "log", level: "warning", source: "agent" });
    expect(event?.message).toContain("12 scalars");
  });

  test("EV7 a clock that says nonsense is bounded, not an error", () => {
    expect(feed(createTranslator(), text("Training ...", 1e300))[0]?.timestamp).toMatch(/Z$/);
  });
});
