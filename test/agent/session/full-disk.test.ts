import { describe, expect, onTestFinished, test } from "vitest";
import type { Connection } from "../../../agent/ingest/connection.ts";
import { EVERYTHING } from "../../../agent/privacy/privacy.ts";
import { createIntake } from "../../../agent/session/intake.ts";
import type { Spool } from "../../../agent/spool/spool.ts";
import { type HookMessage, hookMessage } from "../../../protocol/index.ts";
import { until } from "../../support/until.ts";
import { addUntilFull, DISKS } from "../support/disk.ts";
import { logMessages, upTo } from "../support/events.ts";
import { eventsIn } from "../support/spool.ts";

/** A hook's connection that notes what is acknowledged. */
function connectionOf(acks: number[]): Connection {
  return { session: () => "s1", acknowledge: (n) => acks.push(n), send: () => undefined, hold: () => undefined, drop: () => undefined };
}

function intakeOn(spool: Spool) {
  const consoleAcks: number[] = [];
  const said: string[] = [];
  const intake = createIntake({
    spool,
    launch: "launch-1",
    name: "a run",
    nameIsExplicit: false,
    startedAt: "2026-11-23T00:00:00.000Z",
    privacy: EVERYTHING,
    say: (_level, text) => said.push(text),
    onConsole: (n) => consoleAcks.push(n),
    onRecorded: () => undefined,
  });
  onTestFinished(intake.close);
  const hook = (connection: Connection, message: Record<string, unknown>) =>
    intake.hook({ connection, session: "s1", message: hookMessage.parse({ t: 1_764_000_000, ...message }) as HookMessage, bytes: 100 });
  const log = (connection: Connection, n: number) => hook(connection, { type: "log", n, level: "info", message: `line ${n}` });
  const stats = (n: number) => intake.event({ type: "system_stats", timestamp: new Date(n * 1000).toISOString(), cpu_percent: n });
  return { intake, said, consoleAcks, log, hook, stats };
}

describe.each(DISKS)("an agent whose disk is full: %s", (_, make) => {
  test("PR4 it acknowledges nothing, holds what came, records all of it later and tells how long that was", async ({ skip }) => {
    const disk = make();
    if (!disk) return skip();
    const spool = disk.open();
    const { intake, said, consoleAcks, log, stats } = intakeOn(spool);
    const acks: number[] = [];
    const connection = connectionOf(acks);
    log(connection, 1);
    intake.flush();
    expect(acks).toEqual([1]);
    disk.fill();
    addUntilFull(spool, 1);
    for (const n of upTo(100)) {
      log(connection, n + 1);
      intake.console({ kind: "bytes", n, source: "stdout", bytes: Buffer.from(`console ${n}\n`), t: 1_764_000_000_000 });
      stats(n);
      intake.flush();
    }
    expect([acks, consoleAcks]).toEqual([[1], []]);
    expect(said.length).toBeGreaterThan(0);
    expect(intake.unrecorded()).toBeGreaterThan(0);
    expect(intake.backlog()).toBeGreaterThanOrEqual(100 * 100);
    disk.empty();
    intake.flush();
    expect([acks.at(-1), consoleAcks.at(-1)]).toEqual([101, 100]);
    expect(intake.unrecorded()).toBe(0);
    const events = eventsIn(spool);
    const messages = logMessages(events).map(String);
    expect(messages.filter((text) => text.startsWith("line"))).toEqual(upTo(101).map((n) => `line ${n}`));
    expect(messages.filter((text) => text.startsWith("console"))).toEqual(upTo(100).map((n) => `console ${n}`));
    expect(messages.filter((text) => text.includes("took nothing for"))).toMatchObject([expect.stringContaining("98 older measurements")]);
    // The first was taken before it was clear that nothing can be written; of the others the newest is left.
    const measured = () => eventsIn(spool).filter(({ type }) => type === "system_stats");
    await until(() => measured().length > 1, { what: "what the throttle holds" });
    expect(measured().map((event) => event.cpu_percent)).toEqual([1, 100]);
  });

  test("PR4 it asks again by itself when there is room", async ({ skip }) => {
    const disk = make();
    if (!disk) return skip();
    const spool = disk.open();
    const { log } = intakeOn(spool);
    const acks: number[] = [];
    disk.fill();
    addUntilFull(spool, 1);
    log(connectionOf(acks), 1);
    disk.empty();
    await until(() => acks.length > 0, { what: "the ack" });
    expect(acks).toEqual([1]);
  });

  test("PR4 a hook that comes back meanwhile sends again what is not recorded: it is taken once, and acknowledged where the hook is now", ({
    skip,
  }) => {
    const disk = make();
    if (!disk) return skip();
    const spool = disk.open();
    const { intake, log } = intakeOn(spool);
    const [before, after]: [number[], number[]] = [[], []];
    disk.fill();
    addUntilFull(spool, 1);
    for (const n of upTo(5)) log(connectionOf(before), n);
    intake.flush();
    expect(spool.hookNumber("s1")).toBeNull();
    for (const n of upTo(7)) log(connectionOf(after), n);
    disk.empty();
    intake.flush();
    expect([before, after.at(-1)]).toEqual([[], 7]);
    const lines = logMessages(eventsIn(spool)).filter((text) => String(text).startsWith("line"));
    expect(lines).toEqual(upTo(7).map((n) => `line ${n}`));
    // A hook whose last ack was lost with its connection.
    const late: number[] = [];
    log(connectionOf(late), 7);
    expect(late).toEqual([7]);
  });

  test("PR4 the end of the run is recorded when there is room, once", ({ skip }) => {
    const disk = make();
    if (!disk) return skip();
    const spool = disk.open();
    const { intake } = intakeOn(spool);
    disk.fill();
    addUntilFull(spool, 1);
    intake.exited({ code: 3, signal: null, passedOn: null });
    expect(intake.unrecorded()).toBeGreaterThan(0);
    disk.empty();
    intake.flush();
    expect(eventsIn(spool).filter(({ status }) => status === "error")).toHaveLength(1);
  });
});
