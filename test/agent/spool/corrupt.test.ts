import { copyFileSync, openSync, readdirSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { openSpool } from "../../../agent/spool/spool.ts";
import { folderForTest } from "../../support/temporary.ts";
import { logEvent, logMessages, upTo } from "../support/events.ts";
import { eventsIn, spoolForTest } from "../support/spool.ts";

const PAGE = 4096;
/** More than SQLite keeps in memory, which is 2 MB. */
const MANY = 20_000;

/** A spool file with events, closed; @returns its path and its life. */
function written(events = 500): { path: string; life: string } {
  const path = join(folderForTest(), "run.db");
  const spool = spoolForTest(path);
  spool.transaction(() => {
    for (const n of upTo(events)) spool.add(logEvent(n));
  });
  const { life } = spool.outbox.figures();
  spool.close();
  return { path, life };
}

const asideOf = (path: string) => readdirSync(dirname(path)).filter((name) => /^run\.db\.corrupt-\d{8}T\d{6}Z(-\d+)?$/.test(name));

/** The file stays open: closing it would give up the locks that SQLite has on it in this process. */
function overwrite(path: string, page: number, bytes: Uint8Array): void {
  writeSync(openSync(path, "r+"), bytes, 0, bytes.length, page * PAGE);
}

/** @returns the pages that hold events */
function pagesOfEvents(path: string): number[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const pages = db.prepare("SELECT pageno - 1 AS page FROM dbstat WHERE name = 'events' AND pagetype = 'leaf'").all();
  db.close();
  return pages.map(({ page }) => Number(page));
}

const DAMAGES: Record<string, (path: string) => void> = {
  "that is garbage": (path) => writeFileSync(path, Buffer.alloc(50_000, "garbage ")),
  "whose first page is garbage": (path) => overwrite(path, 0, Buffer.alloc(PAGE, 0xa5)),
  "cut off in the middle": (path) => truncateSync(path, Math.floor(readFileSync(path).length / 2 / PAGE) * PAGE + 100),
  "of zero bytes beside the log of another": (path) => {
    const other = join(folderForTest(), "other.db");
    const spool = spoolForTest(other);
    for (const n of upTo(20)) spool.add(logEvent(n));
    copyFileSync(`${other}-wal`, `${path}-wal`);
    writeFileSync(path, "");
  },
  "whose events are overwritten": (path) => {
    for (const page of pagesOfEvents(path)) overwrite(path, page, Buffer.alloc(PAGE, 0xff));
  },
  "whose numbering makes no sense": (path) => {
    const db = new DatabaseSync(path);
    db.exec(`UPDATE meta SET value = '{"life":7}' WHERE key = 'numbering'`);
    db.close();
  },
  "of another program": (path) => {
    writeFileSync(path, "");
    const db = new DatabaseSync(path);
    db.exec("CREATE TABLE migrations (version INTEGER); INSERT INTO migrations VALUES (1)");
    db.close();
  },
};

describe("a spool file that cannot be read", () => {
  test.each(Object.entries(DAMAGES))("PR4 one %s is set aside, a new life begins, and it is said once", (_, damage) => {
    const { path, life } = written();
    damage(path);
    const said: string[] = [];
    const spool = spoolForTest(path, { say: (_level, text) => said.push(text) });
    expect(asideOf(path)).toHaveLength(1);
    expect(said).toEqual([expect.stringContaining(asideOf(path)[0] ?? "?")]);
    expect(spool.outbox.figures()).toMatchObject({ acked: 0, sent: 0, waiting: 1 });
    expect(spool.outbox.figures().life).not.toBe(life);
    expect(eventsIn(spool)).toMatchObject([{ type: "log", level: "warning", source: "agent", message: said[0] }]);
  });

  test("PR4 corruption that shows only when events are read, in the middle of a run: the agent goes on with a new file", () => {
    const { path, life } = written(MANY);
    const pages = pagesOfEvents(path);
    const said: string[] = [];
    const spool = spoolForTest(path, { say: (_level, text) => said.push(text) });
    expect(said).toEqual([]);
    for (const page of pages) overwrite(path, page, Buffer.alloc(PAGE, 0xff));
    expect(spool.outbox.read(1, { bytes: 1e9, events: MANY }) === null).toBe(true);
    expect(spool.outbox.figures().life).not.toBe(life);
    expect(said).toHaveLength(1);
    spool.write(() => {
      spool.add(logEvent(1));
      spool.setHookNumber("s", 7);
    });
    expect(spool.hookNumber("s")).toBe(7);
    expect(logMessages(eventsIn(spool))).toEqual([expect.stringContaining("set aside"), "event 1"]);
    expect(asideOf(path)).toHaveLength(1);
  });

  test("PR4 an event that the disk gives back as something else is replaced by a warning, and keeps no other from the room", () => {
    const { path } = written(5);
    const bytes = readFileSync(path);
    bytes.write("\u0001\ufffd{{", bytes.indexOf('"event 3"') - 4);
    writeFileSync(path, bytes);
    const spool = spoolForTest(path);
    const expected = ["event 1", "event 2", expect.stringContaining("could not be read back"), "event 4", "event 5"];
    for (let time = 0; time < 2; time += 1) {
      expect(logMessages((spool.outbox.read(1, { bytes: 1e6, events: 10 })?.bodies ?? []).map((body) => JSON.parse(body)))).toEqual(
        expected,
      );
    }
  });

  test("PR4 a transaction that meets corruption is kept whole, in the new file", () => {
    const { path } = written(MANY);
    const pages = pagesOfEvents(path);
    const spool = spoolForTest(path);
    spool.uploads.add({ step: 1 });
    const [before] = spool.uploads.list(1);
    for (const page of pages) overwrite(path, page, Buffer.alloc(PAGE, 0xff));
    spool.transaction(() => {
      spool.add(logEvent(1));
      spool.remember("key", spool.outbox.read(1, { bytes: 1e9, events: MANY })?.bodies.length ?? 0);
      spool.uploads.add({ step: 2 });
    });
    expect(spool.recall("key")).toBe(2);
    // Work in the file that is gone is not taken for work in this one.
    spool.uploads.remove(before?.key ?? 0);
    expect(spool.uploads.list(10)).toMatchObject([{ item: { step: 2 } }]);
  });

  test("PR4 a file that a newer version has written is refused in words, and stays as it is", () => {
    const { path } = written();
    const db = new DatabaseSync(path);
    db.exec("INSERT INTO migrations (version, applied_at) VALUES (99, '2036-11-23T00:00:00.000Z')");
    db.close();
    const before = readFileSync(path);
    expect(openSpool(path)).toMatchObject({ ok: false, reason: "failed", message: expect.stringContaining("newer version of runcast") });
    expect(readFileSync(path)).toEqual(before);
    expect(asideOf(path)).toEqual([]);
  });

  test("PR4 a second agent does not set aside what the first one holds", () => {
    const path = join(folderForTest(), "run.db");
    spoolForTest(path);
    overwrite(path, 0, Buffer.alloc(PAGE, 0xa5));
    expect(openSpool(path)).toMatchObject({ ok: false, reason: "busy" });
    expect(asideOf(path)).toEqual([]);
  });
});
