import { describe, expect, test } from "vitest";
import type { Connection } from "../../../agent/ingest/connection.ts";
import { createInterrupts, type InterruptOptions } from "../../../agent/session/interrupt.ts";
import { type HookMessage, hookMessage } from "../../../protocol/index.ts";
import { spoolForTest } from "../support/spool.ts";

const PID = 4711;
const NOBODY = "no trainer that takes commands is connected to the agent";
const KILLED = { code: null, signal: "SIGKILL", passedOn: null };
const ended = (code: number | null, signal: string | null = null) => ({ code, signal, passedOn: null });

function interruptsOn(options: Partial<InterruptOptions> = {}) {
  const pressed: number[] = [];
  const spool = options.spool ?? spoolForTest();
  const interruptible = (pid: number) => () => {
    pressed.push(pid);
    return null;
  };
  const interrupts = createInterrupts({ allowed: true, launch: "launch-1", spool, say: () => undefined, interruptible, ...options });
  interrupts.attached(PID);
  return { interrupts, pressed, spool };
}

const stop = (id = "s1", more: { save?: boolean; inSeconds?: number } = {}) => ({
  type: "command" as const,
  id,
  command: "stop" as const,
  expires_at: new Date(Date.now() + (more.inSeconds ?? 60) * 1000).toISOString(),
  ...(more.save === undefined ? {} : { save: more.save }),
});

const connection: Connection = {
  session: () => "h1",
  acknowledge: () => undefined,
  send: () => undefined,
  hold: () => undefined,
  drop: () => undefined,
};
const says = (message: Record<string, unknown>) => ({
  connection,
  session: "h1",
  message: hookMessage.parse({ n: 1, t: 1_764_000_000, ...message }) as HookMessage,
  bytes: 100,
});
const refusal = says({ type: "command_update", id: "s1", state: "rejected", error: "no training that takes commands is running" });

describe("a stop for a trainer that takes no commands", () => {
  test("CM3 without a hook the trainer is interrupted, and its end answers", () => {
    const { interrupts, pressed } = interruptsOn();
    expect(interrupts.unheard(stop())).toBeNull();
    expect(pressed).toEqual([PID]);
    expect(interrupts.answered()).toEqual(["s1"]);
  });

  test("CM3 a hook's refusal becomes an interrupt, and the room does not hear of the refusal", () => {
    const { interrupts, pressed } = interruptsOn();
    interrupts.handed(stop());
    expect(pressed).toEqual([]);
    expect(interrupts.heard(refusal).message).toMatchObject({ id: "s1", state: "delivered", error: null });
    expect(pressed).toEqual([PID]);
  });

  test("CM3 without the user's leave nothing is interrupted, and the reason names the option", () => {
    const { interrupts, pressed } = interruptsOn({ allowed: false });
    expect(interrupts.unheard(stop("s0"))).toMatch(/^no trainer that takes commands .*--allow-interrupt/);
    interrupts.handed(stop());
    expect(interrupts.heard(refusal).message).toMatchObject({
      state: "rejected",
      error: expect.stringMatching(/^no training that takes commands is running; .*--allow-interrupt/),
    });
    expect([pressed, interrupts.answered()]).toEqual([[], []]);
  });

  test("CM2 no other command interrupts", () => {
    const { interrupts, pressed } = interruptsOn();
    expect(interrupts.unheard({ ...stop("p1"), command: "pause" })).toBe(NOBODY);
    interrupts.handed({ ...stop("p2"), command: "save" });
    const update = says({ type: "command_update", id: "p2", state: "rejected", error: "not now" });
    expect(interrupts.heard(update)).toBe(update);
    expect(pressed).toEqual([]);
  });

  test("CM3 a stop that is to save is not answered by an interrupt, which promises nothing of the kind", () => {
    const { interrupts, pressed } = interruptsOn();
    expect(interrupts.unheard(stop("s1", { save: true }))).toMatch(/cannot promise that the model is saved/);
    expect(pressed).toEqual([]);
  });

  test.each([
    ["OneTrainer", { type: "run_info", trainer: "onetrainer" }],
    ["one that was asked to stop", { type: "stop_requested" }],
    ["one that did something", { type: "command_update", id: "b1", state: "applied", global_step: 3 }],
  ])("CM3 a trainer that takes commands is never interrupted: %s", (_, message) => {
    const { interrupts, pressed, spool } = interruptsOn();
    interrupts.heard(says(message));
    interrupts.handed(stop());
    expect(interrupts.heard(refusal).message).toMatchObject({
      state: "rejected",
      error: "no training that takes commands is running",
    });
    // Nor by the next agent, which its hook has not reached yet.
    const next = interruptsOn({ spool });
    expect(next.interrupts.unheard(stop("s2"))).toBe(NOBODY);
    expect([...pressed, ...next.pressed]).toEqual([]);
  });
});

describe("once", () => {
  test("CM1 the same stop twice, another one meanwhile, and a kill -9 of the agent interrupt once; the end answers all", () => {
    const { interrupts, pressed, spool } = interruptsOn();
    for (const id of ["s1", "s1", "s2"]) expect(interrupts.unheard(stop(id))).toBeNull();
    const next = interruptsOn({ spool });
    expect(next.interrupts.unheard(stop("s1"))).toBeNull();
    expect([pressed, next.pressed]).toEqual([[PID], []]);
    expect(next.interrupts.answered()).toEqual(["s1", "s2"]);
  });

  test("CM1 a stop that comes when the time of the earlier one is over interrupts again", () => {
    const { interrupts, pressed } = interruptsOn();
    interrupts.unheard(stop("s1", { inSeconds: -1 }));
    interrupts.unheard(stop("s2"));
    expect(pressed).toEqual([PID, PID]);
  });

  test("CM1 another start of the trainer has nothing to do with it", () => {
    const { interrupts, spool } = interruptsOn();
    interrupts.unheard(stop());
    expect(interruptsOn({ spool, launch: "launch-2" }).interrupts.answered()).toEqual([]);
  });

  test("CM1 an interrupt that the system refuses is a reason, and no answer waits for the end", () => {
    const { interrupts } = interruptsOn({ interruptible: () => () => "kill EPERM" });
    expect(interrupts.unheard(stop())).toBe("the trainer cannot be interrupted: kill EPERM");
    expect(interrupts.answered()).toEqual([]);
  });
});

describe("the end", () => {
  test.each([
    [ended(null, "SIGINT"), "SIGINT"],
    [ended(130), "SIGINT"],
    [ended(0), "SIGINT"],
    [ended(null), "SIGINT"],
    [ended(1), null],
    [ended(139), null],
    [KILLED, null],
  ])("HL1 an interrupted trainer that ends with %j was asked to by %s", (exit, passedOn) => {
    const { interrupts } = interruptsOn();
    interrupts.unheard(stop());
    expect(interrupts.ended(exit)).toEqual({ ...exit, passedOn });
  });

  test("CM1 a stop that comes after it is told so, and does not wait for an end that was", () => {
    const { interrupts, pressed } = interruptsOn();
    interrupts.unheard(stop("s1"));
    interrupts.ended(ended(0));
    expect(interrupts.unheard(stop("s2"))).toBe("the trainer has ended");
    expect([pressed, interrupts.answered()]).toEqual([[PID], ["s1"]]);
  });

  test("HL1 an end without an interrupt is what it is", () => {
    const { interrupts } = interruptsOn();
    expect(interrupts.ended(ended(130))).toEqual(ended(130));
  });
});
