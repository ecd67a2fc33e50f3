import { describe, expect, test } from "vitest";
import { plot } from "../../../agent/cli/watch/braille.ts";
import { told, unwatched, welcomed } from "../../../agent/cli/watch/state.ts";
import { bar, lineOf, span } from "../../../agent/cli/watch/text.ts";
import { view } from "../../../agent/cli/watch/view.ts";
import { exitOf } from "../../../agent/cli/watch/watching.ts";
import { wordsOf } from "../../../agent/cli/watch/words.ts";
import type { RunEvent } from "../../../client/index.ts";
import type { AnyEvent, Welcome } from "../../../protocol/index.ts";
import { cli } from "../support/cli.ts";

const AT = "2026-11-25T10:00:00.000Z";
const NOW = Date.parse(AT) + 5000;
const SCREEN = { width: 100, height: 30, colours: false };
const QUIET = { question: null, notice: null };
let offset = 0;

function event(fields: AnyEvent): RunEvent {
  offset += 1;
  return { timestamp: AT, offset, ...fields } as RunEvent;
}

const progress = (global_step: number, loss: number | string): RunEvent =>
  event({
    type: "training_progress",
    ...{ global_step, step: global_step % 100, epoch: Math.floor(global_step / 100), max_step: 100, max_epoch: 4, loss },
    ...{ steps_per_second: 0.5, eta_seconds: 600, eta_low_seconds: 540, eta_high_seconds: 700 },
  });

const stateAfter = (...events: RunEvent[]) => events.reduce(told, unwatched("r1"));

describe("the view of runcast watch", () => {
  test("HL1 it fits the terminal, line for line, however small", () => {
    const state = stateAfter(progress(1, 0.5), progress(2, "NaN"), event({ type: "log", level: "info", message: "x".repeat(400) }));
    for (const [width, height] of [
      [200, 60],
      [80, 24],
      [30, 8],
      [10, 3],
    ] as const) {
      const lines = view(state, QUIET, { width, height, colours: false }, NOW);
      expect(lines).toHaveLength(height);
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
    }
  });

  test("HL1 it tells four truths apart, and a stall with its reason", () => {
    const process = { state: "alive", pid: 7, exit_code: null, signal: null };
    const stalled = { state: "stalled", since: AT, reason: "no step for 94 s; usual 0.8 s, threshold 30 s" };
    const health = event({ type: "training_health", process, progress: stalled });
    const agent = event({ type: "agent_status", connected: false, since: AT });
    const text = view({ ...stateAfter(health, agent), link: { kind: "live", since: NOW } }, QUIET, SCREEN, NOW).join("\n");
    for (const words of ["You live", "Agent offline for 5 s", "Trainer alive", "Progress stalled for 5 s", stalled.reason]) {
      expect(text).toContain(words);
    }
  });

  test("EV3 it tells how far the run is, and what is left as a range", () => {
    const text = view(stateAfter(progress(250, 0.25)), QUIET, SCREEN, NOW).join("\n");
    expect(text).toContain("62.5 %  step 250/400  epoch 3/4");
    expect(text).toContain("loss 0.25");
    expect(text).toContain("2.00 s/step");
    expect(text).toContain("9 min 00 s to 12 min left");
  });

  test("CM1 keys are offered to who may use them, and who asked stands with what became of it", () => {
    const command = event({ type: "command_status", command_id: "c1", command: "pause", state: "applied", by: "Ada", global_step: 4 });
    const last = (role: Welcome["role"]) =>
      view({ ...stateAfter(command), role }, QUIET, SCREEN, NOW)
        .slice(-2)
        .join("\n");
    expect(last("viewer")).toMatch(/^q quit/m);
    expect(last("operator")).toContain("p pause/resume");
    expect(last("operator")).toContain("pause (Ada): applied at step 4");
  });

  test("AC2 what comes from the run moves no cursor", () => {
    const evil = "\u001b[2J\u001b]0;owned\u0007 name\r\n";
    const state = stateAfter(
      event({ type: "run_info", name: evil }),
      event({ type: "log", level: "error", message: evil }),
      event({ type: "sample_generated", sample_id: "s", prompt: evil }),
      event({ type: "training_status", status: "error", error: evil }),
      event({ type: "system_stats", gpus: [{ name: evil, throttle_reasons: [evil] }], disks: [{ mount: evil, used_gb: 1 }] }),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them is what is tested
    expect(view(state, QUIET, SCREEN, NOW).join("\n")).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    expect(wordsOf(event({ type: "run_info", name: evil }))).not.toMatch(/[\u0000-\u001f\u007f]/);
  });

  test("EV1 a progress bar stays one line, and the newest lines are the ones shown", () => {
    const tick = (message: string) => event({ type: "log", level: "info", message, progress: true, bar: "b1" });
    const state = stateAfter(tick("step 1"), event({ type: "log", level: "info", message: "between" }), tick("step 2"));
    expect(state.lines.map(({ text }) => text)).toEqual(["step 2", "between"]);
    const many = stateAfter(...Array.from({ length: 600 }, (_, index) => event({ type: "log", level: "info", message: `line ${index}` })));
    const shown = view(many, QUIET, SCREEN, NOW).join("\n");
    expect(shown).toContain("line 599");
    expect(shown).not.toContain("line 500\n");
  });

  test("VW3 what was not recovered begins anew, what was goes on", () => {
    const health = { agent: { connected: true, since: AT }, trainer: { status: null, error: null } };
    const snapshot = { training_status: event({ type: "training_status", status: "paused" }), samples: [], commands: [], health };
    const welcome = (recovered: boolean) =>
      ({ role: "owner", recovered, snapshot: { ...snapshot, viewers: { count: 3, names: [] } } }) as unknown as Welcome;
    const state = stateAfter(progress(1, 0.5));
    expect(welcomed(state, welcome(true)).loss).toHaveLength(1);
    const anew = welcomed(state, welcome(false));
    expect([anew.loss.length, anew.viewers, anew.latest.training_status?.status]).toEqual([0, 3, "paused"]);
  });
});

describe("the curve of runcast watch", () => {
  test("EV2 no peak is lost where a column holds many points", () => {
    const points = Array.from({ length: 10_000 }, (_, step) => ({ step, value: step === 4321 ? 100 : 1 }));
    const drawn = plot(points, 20, 4);
    expect(drawn).toMatchObject({ low: 1, high: 100, from: 0, to: 9999 });
    expect(drawn?.lines[0]).toMatch(/[^\u2800]/);
    expect(drawn?.lines.every((line) => line.length === 20)).toBe(true);
  });

  test("EV2 nothing, one point, equal values and NaN alone break nothing", () => {
    expect(plot([], 10, 3)).toBeNull();
    expect(plot([{ step: 1, value: Number.NaN }], 10, 3)).toBeNull();
    expect(plot([{ step: 1, value: 2 }], 10, 3)?.lines).toHaveLength(3);
  });

  test("PR2 a training that went back overwrites what it had from there on", () => {
    const steps = stateAfter(progress(1, 0.5), progress(2, 0.4), progress(3, 0.3), progress(2, 0.2)).loss;
    expect(steps).toEqual([
      { step: 1, value: 0.5 },
      { step: 2, value: 0.2 },
    ]);
  });
});

test("EV3 bars and spans keep their width", () => {
  expect([bar(0, 4), bar(0.5, 4), bar(1, 4), bar(7, 4)]).toEqual(["    ", "██  ", "████", "████"]);
  expect([span(8), span(250), span(3900), span(183_600)]).toEqual(["8 s", "4 min 10 s", "1 h 05 min", "2 d 3 h"]);
  expect(lineOf([{ text: "abc" }, { text: "日本語" }], 6, false)).toBe("abc日…");
});

test("HL2 --exit ends with the run", () => {
  expect([exitOf("completed"), exitOf("stopped"), exitOf("error"), exitOf("running"), exitOf("paused")]).toEqual([0, 0, 1, null, null]);
});

test.each([
  [["watch", "r1", "--since", "nonsense"], "--since: nonsense is no position"],
  [["watch", "r1", "--events", "log,,x"], "--events: an empty word is no type of event"],
  [["watch", "no run"], "no run is no run's id"],
])("CL1 %j is wrong usage, in words", async (words, said) => {
  const program = cli(words);
  expect((await program.closed).code).toBe(2);
  expect(program.stderr()).toContain(said);
});
