import { describe, expect, test } from "vitest";
import { addUntilFull, DISKS } from "../support/disk.ts";
import { logEvent, logMessages, upTo } from "../support/events.ts";
import { eventsIn } from "../support/spool.ts";

describe.each(DISKS)("a full disk: %s", (_, make) => {
  test("PR4 a full disk takes no event, keeps what it has, and takes events again when it has room", ({ skip }) => {
    const disk = make();
    if (!disk) return skip();
    const spool = disk.open();
    disk.fill();
    const taken = addUntilFull(spool, 1);
    const { waiting } = spool.outbox.figures();
    expect(waiting).toBe(taken);
    const failing = spool.write(() => {
      spool.add(logEvent(0));
      spool.remember("key", 1);
    });
    expect(failing).toBe(false);
    expect(spool.recall("key")).toBeUndefined();
    expect(spool.outbox.figures().waiting).toBe(taken);
    disk.empty();
    expect(spool.write(() => spool.add(logEvent(taken + 1)))).toBe(true);
    expect(logMessages(eventsIn(spool))).toEqual(upTo(taken + 1).map((n) => `event ${n}`));
  });

  test("PR4 on a full disk what is spooled is numbered, sent and deleted, and that makes room", ({ skip }) => {
    const disk = make();
    if (!disk) return skip();
    const spool = disk.open();
    disk.fill();
    let n = addUntilFull(spool, 1);
    const sent: unknown[] = [];
    for (let round = 0; round < 20; round += 1) {
      for (let batch = spool.outbox.read(spool.outbox.figures().sent + 1, { bytes: 50_000, events: 1000 }); batch; ) {
        sent.push(...batch.bodies.map((body) => JSON.parse(body).message));
        spool.outbox.acknowledge(spool.outbox.figures().sent);
        batch = spool.outbox.read(spool.outbox.figures().sent + 1, { bytes: 50_000, events: 1000 });
      }
      expect(spool.outbox.figures().waiting).toBe(0);
      n += addUntilFull(spool, n + 1);
    }
    expect(sent.length).toBeGreaterThan(1000);
    expect([...sent, ...logMessages(eventsIn(spool))]).toEqual(upTo(n).map((k) => `event ${k}`));
  });

  test("PR4 a spool is opened on a full disk too", ({ skip }) => {
    const disk = make();
    if (!disk) return skip();
    const spool = disk.open();
    disk.fill();
    const n = addUntilFull(spool, 1);
    spool.outbox.read(1, { bytes: 1e9, events: 100 });
    spool.close();
    const again = disk.open();
    expect(again.outbox.figures()).toMatchObject({ sent: 100, waiting: n - 100 });
    again.outbox.acknowledge(100);
    expect(logMessages(eventsIn(again))).toEqual(upTo(n - 100).map((k) => `event ${k + 100}`));
  });
});
