import { openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { verify } from "hono/jwt";
import { describe, expect, test } from "vitest";
import type { Spool } from "../../../agent/spool/spool.ts";
import { agentTokens } from "../../../agent/uplink/credentials.ts";
import type { Uplink } from "../../../agent/uplink/uplink.ts";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { logEvent, logMessages, upTo } from "../support/events.ts";
import { freePort } from "../support/free-port.ts";
import { type Room, startRoom } from "../support/room.ts";
import { spoolForTest } from "../support/spool.ts";
import { eventsOfTick } from "../support/training.ts";
import { uplinkTo } from "../support/uplink.ts";

const SECRET = "a secret that is long enough for HS256";

function addLogs(spool: Spool, uplink: Uplink, from: number, to: number): void {
  for (let n = from; n <= to; n += 1) spool.add(logEvent(n));
  uplink.poke();
}

const acked = (spool: Spool, n: number) => until(() => spool.outbox.figures().acked >= n, { what: `the ack of ${n}`, timeout_ms: 15_000 });
const wholeLog = (room: Room, n: number) => expect(logMessages(room.events)).toEqual(upTo(n).map((k) => `event ${k}`));

describe("the uplink, against a room over real sockets", () => {
  test("PR1 hello says who and where it is; events arrive in order and are deleted at the ack", async () => {
    const room = await startRoom();
    const spool = spoolForTest();
    const uplink = uplinkTo(room.url, spool);
    addLogs(spool, uplink, 1, 500);
    await acked(spool, 500);
    wholeLog(room, 500);
    expect(room.hellos).toMatchObject([{ protocol: 1, next_seq: 1, sent_seq: 0, run_info: { name: "a run" } }]);
    expect(room.tokens).toEqual(["Bearer a token"]);
    expect(spool.outbox.read(1, { bytes: 1000, events: 10 })).toBeNull();
  });

  test("PR2 a goodbye counts also where the line stays open after it", async () => {
    const room = await startRoom();
    const uplink = uplinkTo(room.url, spoolForTest());
    await until(() => uplink.isLive(), { what: "the link" });
    room.goodbye(4105);
    await until(() => uplink.said.some((text) => text.includes("another producer took over")), { what: "the end of the link" });
  });

  test("PR2 cut in the middle, again and again: everything arrives once", async () => {
    const room = await startRoom();
    const spool = spoolForTest();
    const uplink = uplinkTo(room.url, spool);
    for (const part of [0, 1]) {
      await until(() => uplink.isLive(), { what: "the link" });
      room.faults.mute = true;
      addLogs(spool, uplink, part * 100 + 1, part * 100 + 100);
      await until(() => room.events.length === part * 100 + 100, { what: "events" });
      room.cut();
      room.forgetAfter(part * 100 + 50);
      await until(() => !uplink.isLive(), { what: "the cut" });
      room.faults.mute = false;
    }
    addLogs(spool, uplink, 201, 210);
    await acked(spool, 210);
    wholeLog(room, 210);
    expect(room.hellos.length).toBeGreaterThan(1);
    expect(new Set(room.hellos.map((hello) => hello.life)).size).toBe(1);
  });

  test("PR2 an event that the room refuses does not block the run: a warning takes its place and its seq", async () => {
    const room = await startRoom();
    room.faults.invalid = "event 3";
    const spool = spoolForTest();
    const uplink = uplinkTo(room.url, spool);
    addLogs(spool, uplink, 1, 5);
    await acked(spool, 5);
    expect(logMessages(room.events)).toEqual(["event 1", "event 2", expect.stringContaining("refused"), "event 4", "event 5"]);
  });

  test("PR2 a life that was superseded is left: what is not acknowledged arrives in a new one", async () => {
    const room = await startRoom();
    const spool = spoolForTest();
    const uplink = uplinkTo(room.url, spool);
    addLogs(spool, uplink, 1, 3);
    await acked(spool, 3);
    room.faults.mute = true;
    addLogs(spool, uplink, 4, 5);
    await until(() => room.events.length === 5, { what: "the last two" });
    room.forgetAfter(3);
    room.faults.mute = false;
    room.cut(4106);
    await until(() => room.hellos.length === 2 && spool.outbox.figures().acked === 2, { what: "a new life" });
    expect(new Set(room.hellos.map((hello) => hello.life)).size).toBe(2);
    wholeLog(room, 5);
  });

  test("PR4 a spool that turns out to be corrupt: the room is greeted with a new life, told of it, and the run goes on", async () => {
    const room = await startRoom();
    const path = join(folderForTest(), "run.db");
    const spool = spoolForTest(path);
    const uplink = uplinkTo(room.url, spool);
    addLogs(spool, uplink, 1, 3);
    await acked(spool, 3);
    room.faults.refuse = 503;
    room.cut();
    await until(() => !uplink.isLive(), { what: "the cut" });
    // More than SQLite keeps in memory; then all but the first pages are overwritten under it.
    spool.transaction(() => {
      for (const event of upTo(20_000).map(logEvent)) spool.add(event);
    });
    const { size } = statSync(path);
    writeSync(openSync(path, "r+"), Buffer.alloc(size, 0xff), 0, size - 400_000, 400_000);
    room.faults.refuse = null;
    await until(() => room.events.length === 4, { what: "the new life", timeout_ms: 15_000 });
    addLogs(spool, uplink, 4, 5);
    await until(() => room.events.length === 6, { what: "the rest" });
    expect(logMessages(room.events).slice(3)).toEqual([expect.stringContaining("set aside"), "event 4", "event 5"]);
    expect(new Set(room.hellos.map((hello) => hello.life)).size).toBe(2);
    expect(uplink.outcome()).toBe("done");
  });

  test("PR2 what is stored of a superseded life is not sent again in the new one", async () => {
    const room = await startRoom();
    const spool = spoolForTest();
    const uplink = uplinkTo(room.url, spool);
    addLogs(spool, uplink, 1, 3);
    await acked(spool, 3);
    room.faults.mute = true;
    addLogs(spool, uplink, 4, 6);
    await until(() => room.events.length === 6, { what: "the last three" });
    room.forgetAfter(5);
    room.cut();
    await until(() => room.hellos.length === 2, { what: "hello" });
    room.send({ type: "error", code: "stale_life", message: "begin a new one", last_seq: 5 });
    room.faults.mute = false;
    room.cut(4106);
    await until(() => room.hellos.length === 3 && spool.outbox.figures().acked === 1, { what: "the rest in a new life" });
    wholeLog(room, 6);
  });

  test("PR2 a producer that was taken over from says so, and does not come back", async () => {
    const room = await startRoom();
    const uplink = uplinkTo(room.url, spoolForTest());
    await until(() => room.hellos.length === 1 && uplink.isLive(), { what: "hello" });
    room.cut(4105);
    await until(() => uplink.said.length > 0, { what: "words" });
    expect(uplink.said).toEqual([expect.stringContaining("another producer took over")]);
    uplink.finish();
    expect(room.hellos).toHaveLength(1);
  });

  test("AC1 a relay that refuses: the reason is said, events stay", async () => {
    const room = await startRoom();
    room.faults.refuse = 403;
    const spool = spoolForTest();
    const uplink = uplinkTo(room.url, spool);
    addLogs(spool, uplink, 1, 3);
    await until(() => uplink.said.length > 0, { what: "words" });
    expect(uplink.said).toEqual([expect.stringMatching(/not you.*403.*training goes on/)]);
    uplink.finish();
    expect(uplink.outcome()).toBe("given_up");
    expect(spool.outbox.figures().waiting).toBe(3);
  });

  test("PR4 a relay that is not there yet: everything arrives once it is", async () => {
    const port = await freePort();
    const spool = spoolForTest();
    const uplink = uplinkTo(`http://127.0.0.1:${port}`, spool);
    addLogs(spool, uplink, 1, 20);
    await until(() => uplink.said.length > 0, { what: "words" });
    // Each try says it again, and how soon the next one comes is left to chance; who runs it says it once.
    expect(uplink.said.filter((text) => !text.includes("does not answer"))).toEqual([]);
    const room = await startRoom(port);
    await acked(spool, 20);
    wholeLog(room, 20);
  });

  test("PR4 a backlog is compressed on its way, and arrives as it was", async () => {
    const room = await startRoom();
    const spool = spoolForTest();
    const events = upTo(3000).flatMap(eventsOfTick);
    spool.transaction(() => {
      for (const event of events) spool.add(event);
    });
    const uplink = uplinkTo(room.url, spool);
    uplink.poke();
    await until(() => uplink.outcome() === "done", { what: "all of it", timeout_ms: 15_000 });
    expect(room.events).toEqual(events);
    expect(room.received()).toBeLessThan(Buffer.byteLength(JSON.stringify(events)) / 5);
  });

  test("PR5 a live run's frames are too small for compression to pay", async () => {
    const room = await startRoom();
    const spool = spoolForTest();
    const uplink = uplinkTo(room.url, spool);
    await until(() => uplink.isLive(), { what: "the link" });
    const before = room.received();
    const event = { ...logEvent(1), message: "x".repeat(2000) };
    spool.add(event);
    uplink.poke();
    await acked(spool, 1);
    expect(room.received() - before).toBeGreaterThan(2000);
  });

  test("AC1 with the relay's secret a token of role agent, for this run alone, is kept until it ends, and then made anew", async () => {
    const room = await startRoom();
    const uplink = uplinkTo(room.url, spoolForTest(), { tokens: agentTokens({ kind: "secret", secret: SECRET }, "a-run") });
    await until(() => uplink.isLive(), { what: "the link" });
    room.cut();
    await until(() => room.tokens.length === 2 && uplink.isLive(), { what: "another connection" });
    room.cut(4101);
    await until(() => room.tokens.length === 3, { what: "a third connection" });
    expect(room.tokens[1]).toBe(room.tokens[0]);
    const [, first = "", second = ""] = room.tokens.map((header) => header.replace("Bearer ", ""));
    expect(second).not.toBe(first);
    expect(await verify(second, SECRET, "HS256")).toMatchObject({ role: "agent", runs: "a-run" });
  });

  test("CM3 what a command led to goes with its answer, also while nobody watches", async () => {
    const room = await startRoom();
    room.faults.demand = { mode: "idle", batch_ms: 60_000 };
    const spool = spoolForTest();
    const uplink = uplinkTo(room.url, spool);
    await until(() => uplink.isLive(), { what: "the link" });
    addLogs(spool, uplink, 1, 1);
    await until(() => room.events.length === 1, { what: "what the new link had waiting" });
    addLogs(spool, uplink, 2, 2);
    spool.commandUpdates.add({ type: "command_update", id: "c1", state: "applied", global_step: 7 });
    uplink.poke();
    await until(() => room.events.length === 2, { what: "the event beside the answer" });
  });

  test("CM1 a command's result is sent again on a new connection, until a later batch is acknowledged", async () => {
    const room = await startRoom();
    const spool = spoolForTest();
    const uplink = uplinkTo(room.url, spool);
    await until(() => uplink.isLive(), { what: "the link" });
    spool.commandUpdates.add({ type: "command_update", id: "c1", state: "applied", global_step: 7 });
    uplink.poke();
    const updates = () => room.messages.filter((message) => message.type === "command_update");
    await until(() => updates().length === 1, { what: "the update" });
    room.cut();
    await until(() => updates().length === 2, { what: "the update again" });
    expect(spool.commandUpdates.count()).toBe(1);
    addLogs(spool, uplink, 1, 1);
    await until(() => spool.commandUpdates.count() === 0, { what: "its end" });
    expect(updates()[1]).toEqual(updates()[0]);
  });

  test("CM1 commands of the room are handed on", async () => {
    const room = await startRoom();
    const commands: unknown[] = [];
    const uplink = uplinkTo(room.url, spoolForTest(), { onCommand: (command) => commands.push(command) });
    await until(() => uplink.isLive(), { what: "the link" });
    const command = { type: "command", id: "c1", command: "stop", save: true, expires_at: "2026-11-23T00:00:00.000Z" };
    room.send(command);
    await until(() => commands.length > 0, { what: "the command" });
    expect(commands).toEqual([command]);
  });
});
