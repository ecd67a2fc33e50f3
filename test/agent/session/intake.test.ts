import { describe, expect, onTestFinished, test } from "vitest";
import type { Connection } from "../../../agent/ingest/connection.ts";
import { EVERYTHING } from "../../../agent/privacy/privacy.ts";
import { createIntake, type Intake } from "../../../agent/session/intake.ts";
import type { Spool } from "../../../agent/spool/spool.ts";
import { type AnyEvent, type HookMessage, hookMessage } from "../../../protocol/index.ts";
import { until } from "../../support/until.ts";
import { logMessages } from "../support/events.ts";
import { spoolForTest } from "../support/spool.ts";

/** An intake on a spool, as the agent process has it; a second one on the same spool is the agent after a kill -9. */
function intakeOn(spool: Spool, launch = "launch-1") {
  const acks: number[] = [];
  const consoleAcks: number[] = [];
  const intake = createIntake({
    spool,
    launch,
    name: "a run",
    nameIsExplicit: false,
    startedAt: "2026-11-23T00:00:00.000Z",
    privacy: EVERYTHING,
    say: () => undefined,
    onConsole: (n) => consoleAcks.push(n),
    onRecorded: () => undefined,
  });
  onTestFinished(intake.close);
  const connection: Connection = {
    session: () => "s1",
    acknowledge: (n) => acks.push(n),
    send: () => undefined,
    hold: () => undefined,
    drop: () => undefined,
  };
  const hook = (message: Record<string, unknown>) =>
    intake.hook({ connection, session: "s1", message: hookMessage.parse({ t: 1_764_000_000, ...message }) as HookMessage, bytes: 100 });
  return { intake, hook, acks, consoleAcks };
}

function eventsIn(spool: Spool): AnyEvent[] {
  const { acked, sent, waiting } = spool.outbox.figures();
  const old = sent > acked ? (spool.outbox.read(acked + 1, { bytes: 1e9, events: sent - acked })?.bodies ?? []) : [];
  const fresh = spool.outbox.read(sent + 1, { bytes: 1e9, events: waiting })?.bodies ?? [];
  return [...old, ...fresh].map((body) => JSON.parse(body));
}

const ofType = (spool: Spool, type: string) => eventsIn(spool).filter((event) => event.type === type);

function write(intake: Intake, n: number, text: string): void {
  intake.console({ kind: "bytes", n, source: "stdout", bytes: Buffer.from(text), t: Date.now() });
}

const progress = (n: number) => ({ type: "progress", n, epoch: 0, epoch_step: n, global_step: n, max_step: 1000, max_epoch: 1 });

describe("what comes in becomes events in the spool", () => {
  test("PR4 an input is acknowledged once it is recorded, and not before", () => {
    const spool = spoolForTest();
    const { intake, hook, acks, consoleAcks } = intakeOn(spool);
    hook({ type: "log", n: 1, level: "info", message: "from the hook" });
    write(intake, 1, "from the console\n");
    expect([acks, consoleAcks]).toEqual([[], []]);
    intake.flush();
    expect([acks, consoleAcks]).toEqual([[1], [1]]);
    expect(logMessages(eventsIn(spool))).toEqual(["from the hook", "from the console"]);
    expect(spool.hookNumber("s1")).toBe(1);
  });

  test("PR4 a lone message is recorded within moments, by itself", async () => {
    const spool = spoolForTest();
    const { hook, acks } = intakeOn(spool);
    hook({ type: "log", n: 1, level: "info", message: "alone" });
    await until(() => acks.length === 1, { what: "the ack" });
    expect(logMessages(eventsIn(spool))).toEqual(["alone"]);
  });

  test("EV1 a burst of progress: the first at once, and the last always", async () => {
    const spool = spoolForTest();
    const { intake, hook } = intakeOn(spool);
    for (let n = 1; n <= 50; n += 1) {
      hook(progress(n));
      intake.flush();
    }
    const steps = () => ofType(spool, "training_progress").map((event) => event.global_step);
    await until(() => steps().at(-1) === 50, { what: "the last of the burst" });
    expect(steps()[0]).toBe(1);
    expect(steps().length).toBeLessThan(50);
  });

  test("EV1 what a throttle holds goes out with the trainer's end, before it", () => {
    const spool = spoolForTest();
    const { intake, hook } = intakeOn(spool);
    for (const n of [1, 2]) {
      hook(progress(n));
      intake.flush();
    }
    intake.exited({ code: 0, signal: null, passedOn: null });
    const told = eventsIn(spool);
    const last = told.findIndex((event) => event.type === "training_progress" && event.global_step === 2);
    expect(last).toBeGreaterThan(0);
    expect(told.findIndex((event) => event.status === "completed")).toBeGreaterThan(last);
  });

  test("PR4 after a kill -9 the next agent goes on: half a line, statuses, numbers", () => {
    const spool = spoolForTest();
    const first = intakeOn(spool);
    first.intake.begin(4711);
    first.hook({ type: "status_text", n: 1, text: "Training ..." });
    write(first.intake, 7, "half a ");
    first.intake.flush();
    first.intake.close();
    const second = intakeOn(spool);
    expect(second.intake.consoleN()).toBe(7);
    second.hook({ type: "status_text", n: 2, text: "Training ..." });
    write(second.intake, 8, "line\n");
    second.intake.flush();
    expect(logMessages(eventsIn(spool))).toEqual(["half a line"]);
    const told = ofType(spool, "training_status").map((event) => event.status);
    expect(new Set(told).size).toBe(told.length);
  });

  test("PR4 another start of the same run begins anew, and leaves the events that wait", () => {
    const spool = spoolForTest();
    const first = intakeOn(spool);
    first.hook({ type: "log", n: 5, level: "info", message: "earlier" });
    write(first.intake, 7, "no end");
    first.intake.flush();
    first.intake.close();
    const second = intakeOn(spool, "launch-2");
    expect(second.intake.consoleN()).toBe(0);
    expect(spool.hookNumber("s1")).toBeNull();
    expect(logMessages(eventsIn(spool))).toEqual(["earlier"]);
  });

  test("HL1 the end of the process is told once, however often it is heard of", () => {
    const spool = spoolForTest();
    const exit = { code: 3, signal: null, passedOn: null };
    intakeOn(spool).intake.exited(exit);
    intakeOn(spool).intake.exited(exit);
    expect(ofType(spool, "training_status").filter((event) => event.status === "error")).toHaveLength(1);
  });

  test("PR6 console output that nobody took in time is reported", () => {
    const spool = spoolForTest();
    const { intake } = intakeOn(spool);
    intake.console({ kind: "lost", n: 9, bytes: 12_345, t: 0 });
    intake.flush();
    expect(eventsIn(spool)).toMatchObject([
      { type: "training_status" },
      { type: "log", level: "warning", message: expect.stringContaining("12345 bytes") },
    ]);
  });

  test("EV7 run_info joins what the trainer says to what is known of the machine", () => {
    const spool = spoolForTest();
    const { intake, hook } = intakeOn(spool);
    expect(intake.runInfo()).toMatchObject({ name: "a run", host: { cpus: expect.any(Number) } });
    hook({ type: "run_info", n: 1, trainer: "onetrainer", name: "flux", config: { steps: 5 } });
    intake.flush();
    expect(ofType(spool, "run_info")).toMatchObject([
      { name: "flux", trainer: "onetrainer", config: { steps: 5 }, started_at: "2026-11-23T00:00:00.000Z" },
    ]);
    intake.event({ type: "system_stats", timestamp: "2026-11-23T00:00:01.000Z", gpus: [{ index: 0, name: "GPU", memory_total_gb: 24 }] });
    intake.flush();
    expect(intake.runInfo()).toMatchObject({ trainer: "onetrainer", gpus: [{ index: 0, name: "GPU" }] });
  });

  test("CM1 a command's result is kept for the room, and is no event", () => {
    const spool = spoolForTest();
    const { intake, hook } = intakeOn(spool);
    intake.flush();
    const before = eventsIn(spool).length;
    hook({ type: "command_update", n: 1, id: "c1", state: "applied", global_step: 7 });
    intake.flush();
    expect(spool.commandUpdates.list(10).map(({ item }) => item)).toEqual([
      { type: "command_update", id: "c1", state: "applied", global_step: 7, error: null },
    ]);
    expect(eventsIn(spool)).toHaveLength(before);
  });

  test("PR4 a sample waits in the spool under an id of its own", () => {
    const spool = spoolForTest();
    const { intake, hook } = intakeOn(spool);
    hook({ type: "sample", n: 1, sample_type: "default", path: "/tmp/a.png", step: 8, epoch: 1, prompt: "p" });
    intake.flush();
    expect(spool.uploads.list(10)).toMatchObject([
      { item: { path: "/tmp/a.png", step: 8, sample_id: expect.stringMatching(/^8-[0-9a-f]{12}$/) } },
    ]);
  });
});
