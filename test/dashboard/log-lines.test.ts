import { expect, test } from "vitest";
import { addLine, addOlderLines, LOG_LINES_MAX, type LogLine } from "../../dashboard/model/log-lines.ts";

let offset = 0;
const line = (message: string, bar?: string) => {
  offset += 1;
  return {
    type: "log" as const,
    level: "info" as const,
    message,
    offset,
    timestamp: "2026-11-23T12:00:00.000Z",
    ...(bar ? { progress: true, bar } : {}),
  };
};
const after = (...events: ReturnType<typeof line>[]) => events.reduce<readonly LogLine[]>(addLine, []);

test("EV1 a progress bar is one line, with its newest state, where it first stood", () => {
  const lines = after(line("step: 1/8", "step 1"), line("saved"), line("step: 8/8", "step 1"), line("step: 1/8", "step 2"));
  expect(lines.map((each) => each.text)).toEqual(["step: 8/8", "saved", "step: 1/8"]);
  expect(new Set(lines.map((each) => each.key)).size).toBe(3);
});

test("EV1 the page keeps the newest lines alone, however many come", () => {
  const lines = after(...Array.from({ length: LOG_LINES_MAX + 40 }, (_, index) => line(`line ${index}`)));
  expect(lines).toHaveLength(LOG_LINES_MAX);
  expect(lines.at(-1)?.text).toBe(`line ${LOG_LINES_MAX + 39}`);
});

test("EV1 older lines go in front, and an older state of a bar that is there already does not", () => {
  const older = after(line("first"), line("step: 2/8", "step 9"));
  const lines = addOlderLines(after(line("step: 8/8", "step 9"), line("last")), older);
  expect(lines.map((each) => each.text)).toEqual(["first", "step: 8/8", "last"]);
});

test("EV1 colours of a terminal are no part of the text", () => {
  expect(after(line("\u001b[1;31mred\u001b[0m plain"))[0]?.text).toBe("red plain");
});
