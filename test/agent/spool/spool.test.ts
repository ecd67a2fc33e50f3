import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { openSpool } from "../../../agent/spool/spool.ts";
import { EVENT_MAX } from "../../../protocol/index.ts";
import { folderForTest } from "../../support/temporary.ts";
import { logEvent, upTo } from "../support/events.ts";
import { spoolForTest } from "../support/spool.ts";

const ALL = { bytes: 1_000_000, events: 10_000 };
const WRITER = fileURLToPath(new URL("./writer.ts", import.meta.url));

function numbersOf(bodies: readonly string[]): number[] {
  return bodies.map((body) => Number(JSON.parse(body).message.split(" ")[1]));
}

describe("the spool", () => {
  test("PR4 events get their seq when they are first sent, without holes", () => {
    const { add, outbox } = spoolForTest();
    for (const n of upTo(5)) add(logEvent(n));
    expect(outbox.figures()).toMatchObject({ acked: 0, sent: 0, waiting: 5 });
    expect(outbox.read(1, { bytes: 1_000_000, events: 2 })).toMatchObject({
      first: 1,
      bodies: [1, 2].map((n) => JSON.stringify(logEvent(n))),
    });
    expect(outbox.read(3, ALL)?.first).toBe(3);
    expect(outbox.figures()).toMatchObject({ sent: 5, waiting: 0 });
    expect(outbox.read(6, ALL)).toBeNull();
  });

  test("PR2 what was sent is read again with the same seqs until it is acknowledged", () => {
    const { add, outbox } = spoolForTest();
    for (const n of upTo(6)) add(logEvent(n));
    outbox.read(1, ALL);
    outbox.acknowledge(2);
    const again = outbox.read(1, ALL);
    expect(again?.first).toBe(3);
    expect(numbersOf(again?.bodies ?? [])).toEqual([3, 4, 5, 6]);
  });

  test("PR4 numbering goes on after everything was acknowledged and the file was opened again", () => {
    const path = join(folderForTest(), "run.db");
    const first = spoolForTest(path);
    for (const n of upTo(3)) first.add(logEvent(n));
    first.outbox.read(1, ALL);
    first.outbox.acknowledge(3);
    const { life } = first.outbox.figures();
    first.close();
    const second = spoolForTest(path);
    second.add(logEvent(4));
    expect(second.outbox.figures()).toEqual({ life, acked: 3, sent: 3, waiting: 1 });
    expect(second.outbox.read(4, ALL)).toMatchObject({ first: 4 });
  });

  test("PR2 a new life numbers from 1 what was not acknowledged", () => {
    const { add, outbox } = spoolForTest();
    for (const n of upTo(4)) add(logEvent(n));
    outbox.read(1, { bytes: 1_000_000, events: 3 });
    outbox.acknowledge(1);
    const { life } = outbox.figures();
    outbox.beginLife();
    expect(outbox.figures()).toMatchObject({ acked: 0, sent: 0, waiting: 3 });
    expect(outbox.figures().life).not.toBe(life);
    expect(numbersOf(outbox.read(1, ALL)?.bodies ?? [])).toEqual([2, 3, 4]);
  });

  test("PR2 seqs that the room knows and a spool has lost to a power cut are not given out again", () => {
    const { add, outbox } = spoolForTest();
    add(logEvent(1));
    outbox.skipTo(10);
    expect(outbox.read(11, ALL)).toMatchObject({ first: 11 });
    expect(numbersOf(outbox.read(11, ALL)?.bodies ?? [])).toEqual([1]);
  });

  test("PR2 events whose seqs were lost to a power cut are not sent a second time", () => {
    const path = join(folderForTest(), "spool.sqlite");
    const first = spoolForTest(path);
    for (const n of upTo(5)) first.add(logEvent(n));
    first.close();
    // What the disk has when the power goes: the numbering that follows was never written to it.
    copyFileSync(path, `${path}.before`);
    const second = spoolForTest(path);
    second.outbox.read(1, { bytes: 1_000_000, events: 3 });
    second.close();
    copyFileSync(`${path}.before`, path);
    const third = spoolForTest(path);
    third.add(logEvent(6));
    third.outbox.skipTo(3);
    expect(third.outbox.figures()).toMatchObject({ acked: 3, sent: 3, waiting: 3 });
    expect(numbersOf(third.outbox.read(4, ALL)?.bodies ?? [])).toEqual([4, 5, 6]);
  });

  test("PR4 a batch has the bytes asked for at most, and one event at least", () => {
    const { add, outbox } = spoolForTest();
    for (const n of upTo(3)) add(logEvent(n));
    const size = Buffer.byteLength(JSON.stringify(logEvent(1)));
    expect(outbox.read(1, { bytes: 1, events: 10 })?.bodies).toHaveLength(1);
    expect(outbox.read(2, { bytes: 2 * size, events: 10 })?.bodies).toHaveLength(2);
  });

  test("PR4 an event that no room could store is replaced by one that says so", () => {
    const { add, outbox } = spoolForTest();
    add({ type: "run_info", config: { text: "x".repeat(EVENT_MAX) } });
    const [body = ""] = outbox.read(1, ALL)?.bodies ?? [];
    expect(JSON.parse(body)).toMatchObject({ type: "log", level: "warning", message: expect.stringContaining("run_info") });
  });

  test("PR4 a transaction is kept whole or not at all", () => {
    const { add, outbox, transaction, remember, recall } = spoolForTest();
    const failing = () =>
      transaction(() => {
        add(logEvent(1));
        remember("key", 1);
        throw new Error("the disk is full");
      });
    expect(failing).toThrow("the disk is full");
    expect(recall("key")).toBeUndefined();
    expect(outbox.read(1, ALL)).toBeNull();
  });

  test("PR4 a second agent on the same run is refused, in words", () => {
    const path = join(folderForTest(), "run.db");
    spoolForTest(path);
    expect(openSpool(path)).toMatchObject({ ok: false, reason: "busy", message: expect.stringContaining("another agent") });
  });

  test("PR4 a spool that cannot be opened says why", () => {
    expect(openSpool("/dev/null/runcast/run.db")).toMatchObject({
      ok: false,
      reason: "failed",
      message: expect.stringContaining("/dev/null/runcast"),
    });
  });

  test("AC7 the folder is readable by its user alone", () => {
    const path = join(folderForTest(), "deep", "run.db");
    spoolForTest(path);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });

  test("PR4 what was delivered leaves no file behind", () => {
    const path = join(folderForTest(), "run.db");
    spoolForTest(path).destroy();
    expect(["", "-wal", "-shm"].some((suffix) => existsSync(path + suffix))).toBe(false);
  });

  test("PR4 kill -9 in the middle of writing: nothing recorded is lost, no seq is given twice, the lock is free", async () => {
    const path = join(folderForTest(), "run.db");
    for (const kill of [150, 400]) {
      const writer = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", WRITER, path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void writer.kill("SIGKILL"));
      let recorded = 0;
      createInterface({ input: writer.stdout }).on("line", (line) => {
        recorded = Number(line);
        if (recorded >= kill) writer.kill("SIGKILL");
      });
      await once(writer, "close");
      const opened = openSpool(path);
      if (!opened.ok) throw new Error(opened.message);
      const { spool } = opened;
      const { acked, sent, waiting } = spool.outbox.figures();
      expect(Number(spool.recall("n"))).toBeGreaterThanOrEqual(recorded);
      const bodies = sent > acked ? (spool.outbox.read(acked + 1, { bytes: 10_000_000, events: sent - acked })?.bodies ?? []) : [];
      expect(bodies).toHaveLength(sent - acked);
      const fresh = spool.outbox.read(sent + 1, { bytes: 100_000_000, events: waiting });
      expect(fresh?.first).toBe(sent + 1);
      const numbers = numbersOf([...bodies, ...(fresh?.bodies ?? [])]);
      expect(numbers.at(-1)).toBe(Number(spool.recall("n")));
      expect(numbers.every((n, index) => index === 0 || n === (numbers[index - 1] ?? 0) + 1)).toBe(true);
      spool.destroy();
    }
  });
});
