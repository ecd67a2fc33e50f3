import { describe, expect, test } from "vitest";
import { backoff } from "../../client/backoff.ts";
import { sincePosition } from "../../client/delivery.ts";
import type { Effect } from "../../client/link-types.ts";
import { askAt } from "../../client/refresh.ts";
import { verdictOf } from "../../client/verdict.ts";
import { parsePosition, type RoomMessage } from "../../protocol/index.ts";
import { readCases } from "../conformance/cases.ts";
import { LinkBench } from "./link-bench.ts";
import { batchMessage, welcomeMessage } from "./messages.ts";

type Step =
  | { welcome: { log_id: string; last_offset: number; recovered: boolean } }
  | { batch: number[]; through: number }
  | { renumbered: { log_id: string; from: number } }
  | { cut: number };
type Script = { since: string | null; replay: boolean; steps: Step[] };
type Outcome = { delivered: number[]; asked: (string | null)[]; since: string | null };

/** What a viewer makes of it when a room says all this. */
function play({ since, replay, steps }: Script): Outcome {
  const position = since === null ? null : parsePosition(since);
  const bench = new LinkBench(replay, position === null ? undefined : { kind: "at", ...position });
  const outcome: Outcome = { delivered: [], asked: [], since: null };
  const note = (effects: readonly Effect[]) => {
    for (const effect of effects) {
      if (effect.kind === "open") outcome.asked.push(effect.since);
      if (effect.kind === "deliver") outcome.delivered.push(...effect.events.map((event) => event.offset));
    }
  };
  note(bench.effects);
  for (const step of steps) {
    if ("cut" in step) {
      note(bench.give({ kind: "socket_closed", code: step.cut, reason: "" }));
      while (bench.link.phase.kind === "waiting") note(bench.wait());
    } else note(bench.give({ kind: "message", message: message(step), bytes: 100 }));
  }
  return { ...outcome, since: sincePosition(bench.link.delivery) };
}

function message(step: Exclude<Step, { cut: number }>): RoomMessage {
  if ("welcome" in step) return welcomeMessage(step.welcome);
  if ("batch" in step) return batchMessage(step.batch, step.through);
  return { type: "renumbered", ...step.renumbered };
}

describe("cases for every client", () => {
  test.each(readCases<Script, Outcome>("delivery"))("VW4 delivery: $name", ({ input, expect: expected }) => {
    expect(play(input)).toEqual(expected);
  });

  test.each(readCases<{ now: number; ends_at: number }, number | null>("refreshes"))(
    "AC4 a newer token: $name",
    ({ input, expect: expected }) => {
      expect(askAt(input.now, input.ends_at)).toBe(expected);
    },
  );

  test.each(readCases<{ attempt: number; random: number; told_ms: number }, number>("backoff"))(
    "VW9 waits: $name",
    ({ input, expect: expected }) => {
      expect(backoff(input.attempt, input.random, input.told_ms)).toBe(expected);
    },
  );

  test.each(
    readCases<{ status: number; body: unknown; retry_after: string | null }, { kind: string; code: string; after_ms?: number }>("refusals"),
  )("VW8 refusals: $name", ({ input, expect: expected }) => {
    const { reason, ...verdict } = verdictOf({ status: input.status, body: input.body, retryAfter: input.retry_after });
    expect({ ...verdict, code: reason.code }).toEqual(expected);
  });
});
