import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createConsole } from "../../../agent/console/console.ts";
import { type AnyEvent, log } from "../../../protocol/events.ts";
import { LOG_LINE_MAX } from "../../../protocol/limits.ts";
import { play, RECORDINGS, readPieces, runTimers } from "./recorded-console.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const messages = (events: readonly AnyEvent[]): unknown[] => events.map((event) => event.message);

/** What a stream gives when it is written at once and ends. */
function read(text: string): AnyEvent[] {
  const reader = createConsole("stderr");
  return [...reader.write(bytes(text), 0), ...reader.end(0)];
}

describe("console lines", () => {
  test("EV5 each line is an event with its source, an unfinished one comes at the end", () => {
    const reader = createConsole("stdout");
    expect(reader.write(bytes("one\r\ntwo\nthr"), 1000)).toEqual([
      { type: "log", timestamp: "1970-01-01T00:00:01.000Z", level: "info", message: "one", source: "stdout" },
      { type: "log", timestamp: "1970-01-01T00:00:01.000Z", level: "info", message: "two", source: "stdout" },
    ]);
    expect(messages(reader.end(2000))).toEqual(["thr"]);
  });

  test("EV5 empty lines are no events", () => {
    expect(messages(read("\n\n  \na\n\u001b[0m\n\r\n"))).toEqual(["a"]);
  });

  test("EV5 colours and tabs stay, titles, cursor shapes and bells go", () => {
    const text = "\u001b]0;a title\u0007\u001b[?25l\u001b[1;31mred\u001b[0m\tand\u0007 plain\u001b(B\u001b[?25h\n";
    expect(messages(read(text))).toEqual(["\u001b[1;31mred\u001b[0m\tand plain"]);
  });

  test("EV5 a sequence that is cut off by a newline ends there", () => {
    expect(messages(read("a\u001b[12\nb\u001b]title\nc\n"))).toEqual(["a", "b", "c"]);
  });

  test("EV5 a long line is cut at the limit in bytes, never inside a character, and says so", () => {
    const [event] = read(`${"é".repeat(10_000)}\nnext\n`);
    const message = String(event?.message);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(LOG_LINE_MAX);
    expect(message).toMatch(/^é+ … \[cut, 20000 bytes\]$/);
  });

  test("EV5 a hundred megabytes without a newline stay bounded and say how much there was", () => {
    const reader = createConsole("stdout");
    const piece = new Uint8Array(1024 * 1024).fill(0x78);
    for (let n = 0; n < 100; n++) expect(reader.write(piece, n)).toEqual([]);
    expect(JSON.stringify(reader.state()).length).toBeLessThan(3 * LOG_LINE_MAX);
    expect(messages(reader.write(bytes("\n"), 100))[0]).toMatch(/^x+ … \[cut, 104857600 bytes\]$/);
  });

  test("EV5 bytes that are no UTF-8 are shown as such and lose nothing else", () => {
    const reader = createConsole("stdout");
    expect(messages(reader.write(Uint8Array.from([0x61, 0xff, 0x62, 0xe2, 0x82, 0x0a]), 0))).toEqual(["a\ufffdb\ufffd"]);
    reader.write(Uint8Array.from([0x63, 0xf0, 0x9f]), 0);
    expect(messages(reader.end(0))).toEqual(["c\ufffd"]);
  });

  test("EV5 a traceback is lines of level error, from its head to the exception", () => {
    const text = 'before\nTraceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\nValueError: no\nafter\n';
    expect(read(text).map((event) => [event.level, event.message])).toEqual([
      ["info", "before"],
      ["error", "Traceback (most recent call last):"],
      ["error", '  File "a.py", line 1, in <module>'],
      ["error", "    f()"],
      ["error", "ValueError: no"],
      ["info", "after"],
    ]);
  });

  test.each([
    ["INFO:root:ERROR rate is fine", "error"],
    ["2026-11-23 12:00:00 WARNING disk is nearly full", "warning"],
    ["/lib/x.py:3: UserWarning: careful", "warning"],
    ["Warning: float32 training does not upcast", "warning"],
    ["CRITICAL: out of memory", "critical"],
    ["DEBUG loading", "debug"],
    ["torch.cuda.OutOfMemoryError: CUDA out of memory.", "error"],
    ["no errors, no warnings", "info"],
    ["Note: Enable Debug mode to see the full list of layer names", "info"],
    ["nvCOMP: no backend available (low-level: ModuleNotFoundError: No module named 'x')", "info"],
  ])("EV5 the level of %j is %s", (line, level) => {
    expect(read(`${line}\n`)[0]?.level).toBe(level);
  });
});

describe("console bars", () => {
  const bar = (done: number) => `\rstep: ${String(done).padStart(3)}%|██        | ${done}/100 [00:01<00:05]`;

  test("EV5 a bar is told at most once a second while it moves, and its last state always", () => {
    const reader = createConsole("stderr");
    const events: AnyEvent[] = [];
    for (let done = 0; done <= 100; done++) {
      events.push(...runTimers(reader, done * 50), ...reader.write(bytes(bar(done)), done * 50));
    }
    events.push(...reader.end(5010));
    const times = events.map((event) => Date.parse(String(event.timestamp)));
    expect(events.length).toBeLessThanOrEqual(6);
    for (const [index, time] of times.slice(1, -1).entries()) expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(1000);
    expect(events.at(-1)?.message).toBe("step: 100%|██        | 100/100 [00:01<00:05]");
    expect(new Set(events.map((event) => event.bar))).toEqual(new Set(["step"]));
    expect(events.every((event) => event.progress === true)).toBe(true);
  });

  test("EV5 a bar that stands still is told by the timer, once", () => {
    const reader = createConsole("stderr");
    reader.write(bytes(bar(5)), 0);
    expect(reader.due()).toBe(1000);
    expect(reader.take(999)).toEqual([]);
    expect(reader.take(1000)).toHaveLength(1);
    expect(reader.due()).toBeNull();
    expect(reader.end(9000)).toEqual([]);
  });

  test("EV5 each state of a slow bar is told a second after it was drawn", () => {
    const reader = createConsole("stderr");
    const told: unknown[] = [];
    for (let step = 1; step <= 3; step++) {
      told.push(...messages([...runTimers(reader, step * 5000), ...reader.write(bytes(bar(step)), step * 5000)]));
      expect(reader.due()).toBe(step * 5000 + 1000);
      told.push(...messages(reader.take(step * 5000 + 1000)));
      expect(told).toHaveLength(step);
    }
  });

  test("EV5 a bar that begins anew is another bar, and the last state of the one before is told", () => {
    const events = read(`${bar(40)}${bar(100)}\n${bar(0)}${bar(7)}`);
    expect(events.map((event) => [event.bar, String(event.message).slice(0, 10)])).toEqual([
      ["step", "step: 100%"],
      ["step #2", "step:   7%"],
    ]);
  });

  test("EV5 a line that is drawn over by carriage returns collapses to its last state", () => {
    expect(messages(read("fetching 1 of 3\rfetching 2 of 3\rfetching 3 of 3\ndone\n"))).toEqual(["fetching 3 of 3", "done"]);
    expect(messages(read("loading …\rloaded\n"))).toEqual(["loaded"]);
    expect(messages(read("a\b\bspin |\b/\b-\bdone\n"))).toEqual(["spin done"]);
  });

  test("EV5 the states of a slow line that is drawn over share one name", () => {
    const reader = createConsole("stdout");
    const events: AnyEvent[] = [];
    for (let second = 0; second < 4; second++) {
      events.push(...runTimers(reader, second * 1500), ...reader.write(bytes(`got ${second} MB\r`), second * 1500));
    }
    events.push(...reader.write(bytes("got all\n"), 6000));
    expect(messages(events).at(-1)).toBe("got all");
    expect(new Set(events.map((event) => event.bar))).toEqual(new Set(["got"]));
  });

  test("EV5 a clock that is set back does not hold a bar back", () => {
    const reader = createConsole("stderr");
    reader.write(bytes(`${bar(1)}\r `), 1_000_000);
    expect(reader.write(bytes(`${bar(2)}\r `), 5)).toHaveLength(1);
  });
});

describe("recorded consoles", () => {
  test.each(RECORDINGS)("EV5 %s: nothing but lines and collapsed bars, all of them valid log events", (name) => {
    const pieces = readPieces(name);
    const events = play(pieces);
    for (const event of events) {
      expect(log.safeParse(event).success).toBe(true);
      expect(String(event.message).trim()).not.toBe("");
      expect([...String(event.message)].every((character) => character >= " " || character === "\t")).toBe(true);
    }
    const seconds = (pieces.at(-1)?.t ?? 0) - (pieces[0]?.t ?? 0);
    for (const key of new Set(events.map((event) => event.bar).filter(Boolean))) {
      const told = events.filter((event) => event.bar === key);
      expect(told.length).toBeLessThanOrEqual(seconds + 1);
      const times = told.map((event) => Date.parse(String(event.timestamp)));
      // A last state may come sooner: the bar of the same name began anew.
      for (const [index, time] of times.slice(1, -1).entries()) expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(1000);
    }
  });

  test("EV5 full: the bars' last states are told, each once, under a name of their own", () => {
    const told = play(readPieces("full")).filter((event) => event.progress === true);
    const last = new Map(told.map((event) => [event.bar, String(event.message)]));
    expect([...last].filter(([bar]) => String(bar).startsWith("step")).map(([, text]) => text.slice(0, 10))).toEqual([
      "step: 100%",
      "step: 100%",
      "step: 100%",
    ]);
    expect(last.get("epoch")).toMatch(/^epoch: 100%.*3\/3/);
    expect([...last].filter(([bar]) => String(bar).startsWith("sampling"))).toHaveLength(7);
  });

  test("EV5 nan: the traceback is there line by line, the exception as an error", () => {
    const errors = play(readPieces("nan")).filter((event) => event.level === "error");
    expect(errors[0]?.message).toBe("Traceback (most recent call last):");
    expect(errors.at(-1)?.message).toMatch(/^RuntimeError: Training loss became NaN\./);
    expect(errors).toHaveLength(11);
  });
});

describe("pieces", () => {
  const whole = RECORDINGS.map((name) =>
    Buffer.concat(
      readPieces(name)
        .filter((piece) => piece.stream === "stderr")
        .map((piece) => Buffer.from(piece.data)),
    ),
  );
  const awkward = fc
    .array(
      fc.oneof(
        fc.constantFrom("\r", "\n", "\b", "\u001b[A", "\u001b[2K", "\u001b[31m", "\u001b]0;t\u0007", "50%|█", "7/9", "\t"),
        fc.string({ unit: "grapheme", maxLength: 8 }),
      ),
      { maxLength: 60 },
    )
    .map((parts) => Buffer.from(parts.join("")));
  const noise = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));

  test("EV5 the same bytes cut anywhere give the same lines", () => {
    const input = fc.oneof(fc.constantFrom(...whole), awkward, noise);
    fc.assert(
      fc.property(input, fc.array(fc.nat(10_000), { maxLength: 30 }), (all, marks) => {
        const cuts = [...new Set(marks.map((mark) => mark % (all.length + 1)))].sort((a, b) => a - b);
        const once = createConsole("stderr");
        const expected = [...once.write(all, 0), ...once.end(0)];
        let reader = createConsole("stderr");
        const events: AnyEvent[] = [];
        let from = 0;
        for (const cut of [...cuts, all.length]) {
          events.push(...reader.write(all.subarray(from, cut), 0));
          // A reader that goes on from a stored state is the same reader.
          reader = createConsole("stderr", JSON.parse(JSON.stringify(reader.state())));
          from = cut;
        }
        events.push(...reader.end(0));
        expect(events).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});
