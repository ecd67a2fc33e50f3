import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PLAIN, piecesOf, withoutAnsi } from "../../../dashboard/log/ansi.ts";
import { NO_FILTER, searchOf, spansOf } from "../../../dashboard/log/filter.ts";
import { LOG_LINES_MAX, LogBuffer, type LogEvent } from "../../../dashboard/log/log-buffer.ts";
import { textOf } from "../../../dashboard/log/log-text.ts";
import { LogView } from "../../../dashboard/log/log-view.ts";
import { Rows, rowsOf } from "../../../dashboard/log/rows.ts";

let offset = 0;
function line(message: string, more: Partial<LogEvent> = {}): LogEvent {
  offset += 1;
  return { type: "log", level: "info", message, source: "stdout", offset, timestamp: "2026-11-23T12:00:00.000Z", ...more };
}
const bar = (message: string, name: string) => line(message, { progress: true, bar: name });

function filled(...events: LogEvent[]): LogBuffer {
  const buffer = new LogBuffer();
  for (const event of events) buffer.append(event);
  return buffer;
}

const texts = (buffer: LogBuffer) => buffer.lines.map(({ text }) => text);

describe("the lines that a page has", () => {
  test("EV1 a progress bar is one line, with its newest state, where it first stood", () => {
    const buffer = filled(bar("step: 1/8", "1"), line("saved"), bar("step: 8/8", "1"), bar("step: 1/8", "2"));
    expect(texts(buffer)).toEqual(["step: 8/8", "saved", "step: 1/8"]);
    expect(new Set(buffer.lines.map(({ key }) => key)).size).toBe(3);
  });

  test("EV1 older lines go in front, and an older state of a bar that is there already does not", () => {
    const older = [line("first"), bar("step: 2/8", "9"), bar("done", "0"), bar("done: all", "0")];
    const buffer = filled(bar("step: 8/8", "9"), line("last"));
    buffer.prepend(older);
    expect(texts(buffer)).toEqual(["first", "done: all", "step: 8/8", "last"]);
  });

  test("EV1 it holds the newest lines alone, however many come, and drops in large pieces", () => {
    const buffer = new LogBuffer();
    for (let index = 0; index < LOG_LINES_MAX + 40; index += 1) buffer.append(line(`line ${index}`));
    expect(buffer.lines.length).toBeLessThanOrEqual(LOG_LINES_MAX);
    expect(buffer.lines.length + buffer.dropped).toBe(LOG_LINES_MAX + 40);
    expect(texts(buffer).at(-1)).toBe(`line ${LOG_LINES_MAX + 39}`);
  });

  test("EV1 a bar whose line was dropped begins a new one", () => {
    const buffer = filled(bar("old", "b"));
    for (let index = 0; index < LOG_LINES_MAX; index += 1) buffer.append(line("x"));
    expect(buffer.append(bar("new", "b"))).toBeNull();
    expect(texts(buffer).at(-1)).toBe("new");
  });
});

describe("colours of a terminal", () => {
  test("EV1 are looks of pieces, and no part of the text", () => {
    const text = "a\u001b[1;31mred\u001b[0m plain \u001b[38;5;46mgreen\u001b[39m\u001b[48;2;0;0;230m blue";
    expect(withoutAnsi(text)).toBe("ared plain green blue");
    expect(piecesOf(text)).toEqual([
      { text: "a", look: PLAIN },
      { text: "red", look: { ...PLAIN, color: 1, bold: true } },
      { text: " plain ", look: PLAIN },
      { text: "green", look: { ...PLAIN, color: 10 } },
      { text: " blue", look: { ...PLAIN, ground: 4 } },
    ]);
  });

  test("EV1 links and titles of a terminal, and what is unfinished, vanish", () => {
    expect(withoutAnsi("\u001b]8;;https://evil.example\u001b\\here\u001b]8;;\u0007 \u001b]0;title\u0007x\u001b[2K\u001b[31")).toBe(
      "here x",
    );
  });

  test("EV1 whatever comes, the pieces are the text without its sequences, and none is a control", () => {
    const part = fc.oneof(fc.string(), fc.constantFrom("\u001b[", "\u001b[31m", "\u001b]0;", "\u0007", "38;5;", "m", "\u001b", ";2;1"));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        const pieces = piecesOf(text)
          .map((piece) => piece.text)
          .join("");
        expect(pieces).toBe(withoutAnsi(text));
        expect(pieces).not.toContain("\u001b");
      }),
    );
  });
});

describe("what of the log is shown", () => {
  test("EV1 levels, sources and a search sort it out, without regard to case", () => {
    const buffer = filled(line("Loss 1"), line("no", { level: "error" }), line("loss 2", { level: "warning", source: "stderr" }));
    const view = new LogView();
    const shown = (filter: Partial<typeof NO_FILTER>) => {
      view.ask({ ...NO_FILTER, ...filter }, null);
      view.update(buffer);
      return view.shown.map(({ text }) => text);
    };
    expect(shown({ level: "warning" })).toEqual(["no", "loss 2"]);
    expect(shown({ source: "stderr" })).toEqual(["loss 2"]);
    expect(shown({ query: "loss" })).toHaveLength(3);
    expect(view.matches).toEqual([0, 2]);
    expect(shown({ query: "loss", onlyMatches: true })).toEqual(["Loss 1", "loss 2"]);
    expect(shown({ query: "los+ \\d$", isPattern: true, onlyMatches: true })).toEqual(["Loss 1", "loss 2"]);
    expect(shown({ query: "(", isPattern: true, onlyMatches: true })).toHaveLength(3);
    expect(view.search).toMatchObject({ kind: "invalid" });
    expect([view.countFrom(0), view.countFrom(2), view.sources]).toEqual([3, 2, ["stderr", "stdout"]]);
  });

  test("EV1 what is added later is shown as it would be from the beginning", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("line" as const), text: fc.string({ maxLength: 30 }) }),
      fc.record({ kind: fc.constant("bar" as const), text: fc.string({ maxLength: 8 }) }),
      fc.record({ kind: fc.constant("older" as const), text: fc.string({ maxLength: 8 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.option(fc.integer({ min: 4, max: 20 })), (steps, columns) => {
        const buffer = new LogBuffer();
        const view = new LogView();
        const filter = { ...NO_FILTER, query: "a" };
        let older = 0;
        for (const { kind, text } of steps) {
          older -= 1;
          if (kind === "older") buffer.prepend([line(text, { offset: older })]);
          else buffer.append(kind === "bar" ? bar(text, "b") : line(text));
          view.ask(filter, columns);
          view.update(buffer);
        }
        const fresh = new LogView();
        fresh.ask(filter, columns);
        fresh.update(buffer);
        expect(view.shown).toEqual(fresh.shown);
        expect([view.rows.total, view.rows.lines]).toEqual([fresh.rows.total, fresh.rows.lines]);
      }),
    );
  });

  test("EV1 a match is marked where it is, also as a word of many meanings to a pattern", () => {
    expect(spansOf("a.b a.b", searchOf({ query: "a.b", isPattern: false }))).toEqual([
      { from: 0, to: 3 },
      { from: 4, to: 7 },
    ]);
    expect(spansOf("axb", searchOf({ query: "a.b", isPattern: false }))).toEqual([]);
    expect(spansOf("aaa", searchOf({ query: "x*", isPattern: true }))).toEqual([]);
  });
});

test("VW3 rows and lines find each other", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 900 }), (heights) => {
      const rows = new Rows();
      for (const height of heights) rows.push(height);
      let start = 0;
      for (const [index, height] of heights.entries()) {
        if (index % 37 === 0) {
          expect(rows.startOf(index)).toBe(start);
          expect([rows.lineAt(start), rows.lineAt(start + height - 1)]).toEqual([index, index]);
        }
        start += height;
      }
      expect(rows.total).toBe(start);
      expect(rows.lineAt(start + 10)).toBe(heights.length - 1);
    }),
  );
});

test("VW3 a text takes as many rows as its characters need, and as it has lines", () => {
  expect([rowsOf("", 10), rowsOf("x".repeat(10), 10), rowsOf("x".repeat(11), 10)]).toEqual([1, 1, 2]);
  expect([rowsOf("日本語日本語", 10), rowsOf("a\nb", 10), rowsOf("a\nb", null), rowsOf("x".repeat(99), null)]).toEqual([2, 2, 2, 1]);
});

test("CL1 a file has when, how grave and what", () => {
  const { lines } = filled(line("\u001b[31mhot\u001b[0m", { level: "warning" }));
  expect(textOf(lines)).toBe("2026-11-23T12:00:00.000Z WARNING  hot\n");
});
