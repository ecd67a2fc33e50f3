import { expect, test } from "vitest";
import { idsInTitles, readRules } from "../../scripts/check/rules.ts";

const ALL = Object.entries({ EV: 4, VW: 8, PR: 6, CM: 3, HL: 3, AC: 7 }).flatMap(([area, count]) =>
  Array.from({ length: count }, (_, index) => `- **${area}${index + 1}** (built) Something.`),
);

test("a specification with every rule is accepted, with further rules too", () => {
  const { states, problems } = readRules([...ALL, "- **EV5** (not built yet: later) More."].join("\n"));
  expect(problems).toEqual([]);
  expect(states.get("EV1")).toBe("built");
  expect(states.get("EV5")).toBe("not built yet");
});

test("a rule that is missing, stands there twice or has no clear state is told with its line", () => {
  const { problems } = readRules(
    [...ALL.slice(1), ALL[1], "- **ZZ1** (nearly) Something.", "- **ZZ2** (partly built) Something."].join("\n"),
  );
  expect(problems).toEqual([
    "SPEC.md:31: EV2 stands there twice",
    expect.stringMatching(/^SPEC\.md:32: a rule begins/),
    expect.stringMatching(/^SPEC\.md:33: a rule begins/),
    "SPEC.md: EV1 is missing",
  ]);
});

test.each([
  ["a.test.ts", 'test("EV1 the last one arrives", () => {});', ["EV1"]],
  ["a.test.ts", "it.skipIf(slow)('VW3, VW4 no hole', () => {});", ["VW3", "VW4"]],
  ["a.test.ts", 'test.each(["a", "b"])("AC1 %s is refused", () => {});', ["AC1"]],
  ["a.test.ts", 'test.each([\n  ["a", 1],\n])("AC2 %s is refused", () => {});', ["AC2"]],
  ["suite/a.ts", 'conform("VW1, VW2 both modes", async (at) => {});', ["VW1", "VW2"]],
  ["a.test.ts", 'test("what EV1 says stands elsewhere", () => {});', []],
  ["test_a.py", "def test_PR6_a_full_queue_drops() -> None:", ["PR6"]],
  ["test_a.py", "    async def test_EV1_EV2_both(self):", ["EV1", "EV2"]],
  ["test_a.py", "def test_numbers() -> None:", []],
])("the rules that a title of %s begins with are found: %s", (path, text, ids) => {
  expect(idsInTitles(path, text)).toEqual(ids);
});
