import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPrivacy, EVERYTHING, patternProblem, REDACTED } from "../../../agent/privacy/privacy.ts";
import type { AnyEvent } from "../../../protocol/index.ts";

const log = (message: string, source = "stdout"): AnyEvent => ({ type: "log", level: "info", message, source });

describe("what leaves the machine", () => {
  test("AC2 is everything where nothing else was wished, and the very same events", () => {
    const events = [log("a"), { type: "run_info", name: "x" }];
    const { events: shown, samples, texts } = createPrivacy(EVERYTHING);
    expect(shown(events)).toEqual(events);
    expect(samples([{ prompt: "p" }])).toEqual([{ prompt: "p" }]);
    expect(texts(events)).toBe(events);
  });

  test("AC2 has no console line without the console, but the agent's own words", () => {
    const { events } = createPrivacy({ ...EVERYTHING, console: false });
    expect(events([log("a"), log("b", "stderr"), log("c", "agent"), { type: "metrics" }])).toEqual([
      log("c", "agent"),
      { type: "metrics" },
    ]);
  });

  test("AC2 has no sample without samples", () => {
    expect(createPrivacy({ ...EVERYTHING, samples: false }).samples([{ prompt: null }, { prompt: "p" }])).toEqual([]);
  });

  test("AC2 has nothing that matches, in texts and names however deep, and keeps what others find their way by", () => {
    const privacy = createPrivacy({ ...EVERYTHING, redact: ["Ada", "log|info|run_info"] });
    const config = { "Ada's": [{ path: "/data/Ada/x" }, 7, null, "keeps"] };
    expect(privacy.events([{ ...log("by Ada"), more: config }])).toEqual([
      { ...log(`by ${REDACTED}`), more: { [`${REDACTED}'s`]: [{ path: `/data/${REDACTED}/x` }, 7, null, "keeps"] } },
    ]);
    expect(privacy.samples([{ prompt: "Ada at sea" }, { prompt: null }])).toEqual([{ prompt: `${REDACTED} at sea` }, { prompt: null }]);
    expect(privacy.texts({ name: "Ada" })).toEqual({ name: REDACTED });
  });

  test("AC2 has no word of a pattern, wherever it stood in an event of any shape", () => {
    const { events } = createPrivacy({ ...EVERYTHING, redact: ["hush"] });
    const text = fc.string().map((any) => `${any}hush${any}`);
    const shape = fc.letrec((tie) => ({
      value: fc.oneof(text, fc.integer(), fc.constant(null), fc.array(tie("value"), { maxLength: 3 }), fc.dictionary(text, tie("value"))),
    })).value;
    fc.assert(
      fc.property(shape, (payload) => {
        expect(JSON.stringify(events([{ ...log("hush"), payload }]))).not.toContain("hush");
      }),
    );
  });
});

test("CL1 a pattern that is none, and one that is everywhere, are told apart from good ones", () => {
  expect(patternProblem("(")).toMatch(/Invalid regular expression/);
  expect(patternProblem("x*")).toMatch(/empty text/);
  expect(patternProblem("x+")).toBeNull();
});
