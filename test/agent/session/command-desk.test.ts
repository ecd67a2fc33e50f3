import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection } from "../../../agent/ingest/connection.ts";
import { createCommandDesk, HOOK_GRACE_MS, type RoomCommand } from "../../../agent/session/command-desk.ts";
import type { Spool } from "../../../agent/spool/spool.ts";
import type { AgentToHook } from "../../../protocol/index.ts";
import { spoolForTest } from "../support/spool.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const command = (id: string): RoomCommand => ({ type: "command", id, command: "save", expires_at: "2026-11-25T12:00:00.000Z" });

/** Hooks that come and go, each with what it was given. */
function hooks() {
  const connected = new Map<string, AgentToHook[]>();
  const connection = (session: string): Connection => ({
    session: () => session,
    acknowledge: () => undefined,
    send: (line) => void connected.get(session)?.push(line),
    hold: () => undefined,
    drop: () => undefined,
  });
  return {
    come(session: string) {
      const given: AgentToHook[] = [];
      connected.set(session, given);
      return given;
    },
    go: (session: string) => void connected.delete(session),
    newest: () => [...connected.keys()].map(connection).at(-1) ?? null,
    of: (session: string) => (connected.has(session) ? connection(session) : null),
  };
}

function deskOn(spool: Spool, some: ReturnType<typeof hooks>, launch = "launch 1") {
  const desk = createCommandDesk({
    spool,
    launch,
    hooks: some,
    onPass: () => undefined,
    unheard: () => "no trainer",
    onAnswer: () => undefined,
    clock: () => Date.now(),
  });
  const answers = () => spool.commandUpdates.list(10).map(({ item }) => item);
  return { desk, answers };
}

describe("a command at the agent", () => {
  test("CM1 goes to the newest hook, without the time that only the room judges", () => {
    const some = hooks();
    some.come("older");
    const newer = some.come("newer");
    deskOn(spoolForTest(), some).desk.take(command("c"));
    expect(newer).toEqual([{ type: "command", id: "c", command: "save" }]);
  });

  test("CM1 goes with the time that is left of it by the room's own clock, less what it waited here", () => {
    const some = hooks();
    const { desk } = deskOn(spoolForTest(), some);
    desk.take({ ...command("c"), timestamp: "2026-11-25T11:59:50.000Z" });
    vi.advanceTimersByTime(3000);
    const given = some.come("a hook");
    desk.hooksChanged();
    expect(given).toEqual([{ type: "command", id: "c", command: "save", expires_in: 7 }]);
  });

  test("CM1 waits for a hook that has lost its agent a moment ago", () => {
    const some = hooks();
    const { desk, answers } = deskOn(spoolForTest(), some);
    desk.take(command("c"));
    vi.advanceTimersByTime(HOOK_GRACE_MS - 1);
    const given = some.come("a hook");
    desk.hooksChanged();
    expect(given).toMatchObject([{ id: "c" }]);
    vi.advanceTimersByTime(10 * HOOK_GRACE_MS);
    expect(answers()).toEqual([]);
  });

  test("CM1 is refused where no hook comes, at once where there was none for long", () => {
    const { desk, answers } = deskOn(spoolForTest(), hooks());
    desk.take(command("early"));
    expect(answers()).toEqual([]);
    vi.advanceTimersByTime(HOOK_GRACE_MS);
    expect(answers()).toMatchObject([{ id: "early", state: "rejected", error: expect.stringContaining("no trainer") }]);
    desk.take(command("late"));
    expect(answers()).toMatchObject([{ id: "early" }, { id: "late", state: "rejected" }]);
  });

  test("CM1 that comes again goes to the hook that had it, and to no newer one", () => {
    const some = hooks();
    const first = some.come("first");
    const { desk } = deskOn(spoolForTest(), some);
    desk.take(command("c"));
    const second = some.come("second");
    desk.hooksChanged();
    desk.take(command("c"));
    expect([first.length, second.length]).toEqual([2, 0]);
  });

  test("CM1 that comes again has failed where the hook that had it does not come back", () => {
    const some = hooks();
    some.come("first");
    const { desk, answers } = deskOn(spoolForTest(), some);
    desk.take(command("c"));
    some.go("first");
    const second = some.come("second");
    desk.hooksChanged();
    desk.take(command("c"));
    vi.advanceTimersByTime(HOOK_GRACE_MS);
    expect(second).toEqual([]);
    expect(answers()).toMatchObject([{ id: "c", state: "failed", error: expect.stringContaining("gone") }]);
  });

  test("CM1 is asked of the same hook by the agent that follows one that was killed", () => {
    const spool = spoolForTest();
    const some = hooks();
    const given = some.come("a hook");
    deskOn(spool, some).desk.take(command("c"));
    some.go("a hook");
    const { desk, answers } = deskOn(spool, some);
    desk.take(command("c"));
    const back = some.come("a hook");
    desk.hooksChanged();
    expect([given, back]).toMatchObject([[{ id: "c" }], [{ id: "c" }]]);
    expect(answers()).toEqual([]);
  });

  test("CM1 that an earlier start of the trainer had is not for the next one", () => {
    const spool = spoolForTest();
    const some = hooks();
    some.come("first");
    deskOn(spool, some).desk.take(command("c"));
    some.go("first");
    const given = some.come("second");
    const { desk, answers } = deskOn(spool, some, "launch 2");
    desk.take(command("c"));
    expect(given).toEqual([]);
    expect(answers()).toMatchObject([{ id: "c", state: "failed" }]);
  });

  test("CM1 whose answer waits for the room is not asked again", () => {
    const some = hooks();
    const given = some.come("a hook");
    const { desk, answers } = deskOn(spoolForTest(), some);
    desk.take(command("c"));
    desk.answered("c");
    desk.take(command("c"));
    desk.trainerGone();
    expect(given).toHaveLength(1);
    expect(answers()).toEqual([]);
  });

  test("CM1 that the trainer took with it has failed, once", () => {
    const some = hooks();
    some.come("a hook");
    const { desk, answers } = deskOn(spoolForTest(), some);
    desk.take(command("c"));
    some.go("a hook");
    desk.trainerGone();
    desk.trainerGone();
    expect(answers()).toMatchObject([{ id: "c", state: "failed", error: expect.stringContaining("gone") }]);
  });
});
