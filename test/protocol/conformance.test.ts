import { describe, expect, test } from "vitest";
import { type Claims, claims, coversRun, isRunId } from "../../protocol/claims.ts";
import { commandMessage, commandRequest } from "../../protocol/commands.ts";
import { type AfterClose, afterClose, closeName } from "../../protocol/errors.ts";
import { parseEvent } from "../../protocol/events.ts";
import { hookMessage } from "../../protocol/hook-messages.ts";
import { fromWire, toWire, wireNumber } from "../../protocol/numbers.ts";
import { formatPosition, type Position, parsePosition } from "../../protocol/position.ts";
import { readCases } from "../conformance/cases.ts";

const NAMED: Record<string, number> = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY };

describe("cases for every language", () => {
  const numbers = readCases<{ number?: number; name?: string; wire?: unknown }, { wire?: number | string; refused?: true }>("numbers");
  test.each(numbers)("EV2 numbers: $name", ({ input, expect: expected }) => {
    if (expected.refused) {
      expect(wireNumber.safeParse(input.wire).success).toBe(false);
      return;
    }
    const number = input.number ?? NAMED[input.name ?? ""] ?? 0;
    const wire = toWire(number);
    expect(wire).toBe(expected.wire);
    expect(fromWire(wireNumber.parse(JSON.parse(JSON.stringify(wire))))).toBe(number);
  });

  test.each(readCases<string, Position | null>("positions"))("VW3 positions: $name", ({ input, expect: expected }) => {
    expect(parsePosition(input)).toEqual(expected);
    if (expected) expect(parsePosition(formatPosition(expected))).toEqual(expected);
  });

  test.each(readCases<{ runs: Claims["runs"]; run: string }, boolean>("run-patterns"))(
    "AC1 run patterns: $name",
    ({ input, expect: expected }) => {
      expect(claims.safeParse({ sub: "a", role: "viewer", exp: 1, runs: input.runs }).success).toBe(true);
      expect(coversRun(input.runs, input.run)).toBe(expected);
    },
  );

  test.each(readCases<string, boolean>("run-ids"))("AC1 run ids: $name", ({ input, expect: expected }) => {
    expect(isRunId(input)).toBe(expected);
  });

  test.each(readCases<unknown, "known" | "unknown" | "invalid">("events"))("EV7 events: $name", ({ input, expect: expected }) => {
    const parsed = parseEvent(input);
    expect(parsed.kind).toBe(expected);
    // Whatever passes keeps every field that came, known or not.
    if (parsed.kind !== "invalid") expect(parsed.event).toEqual(input);
    else expect(parsed.reason).not.toBe("");
  });

  test.each(readCases<unknown, boolean>("hook-messages"))("EV7 hook messages: $name", ({ input, expect: expected }) => {
    const parsed = hookMessage.safeParse(input);
    expect(parsed.success).toBe(expected);
    if (parsed.success) expect(parsed.data).toEqual(input);
  });

  test.each(readCases<Record<string, unknown>, boolean>("commands"))("CM2 commands: $name", ({ input, expect: expected }) => {
    expect(commandRequest.safeParse(input).success).toBe(expected);
    expect(commandMessage.safeParse({ type: "command", ...input }).success).toBe(expected);
  });

  test.each(readCases<number, { name: string | null; after: AfterClose }>("close-codes"))(
    "VW8 close codes: $name",
    ({ input, expect: expected }) => {
      expect({ name: closeName(input), after: afterClose(input) }).toEqual(expected);
    },
  );
});
