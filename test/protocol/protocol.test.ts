import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agentMessage, roomToAgent } from "../../protocol/agent-messages.ts";
import { fitsBytes } from "../../protocol/byte-length.ts";
import { claims, coversRun, isRunId } from "../../protocol/claims.ts";
import { afterClose, closeName, ERRORS, type ErrorCode, failure } from "../../protocol/errors.ts";
import { type AnyEvent, anyEvent, eventSchemas, isKnownType, LATEST_WINS, parseEvent } from "../../protocol/events.ts";
import { hookMessage } from "../../protocol/hook-messages.ts";
import { ERROR_MESSAGE_MAX, ID_PATTERN, JSON_DEPTH_MAX, LIFE_MAX_LENGTH, RUN_INFO_MAX, SERIES_PER_RUN } from "../../protocol/limits.ts";
import { fromWire, toWire } from "../../protocol/numbers.ts";
import { formatPosition, parsePosition } from "../../protocol/position.ts";
import { BEARER_SUBPROTOCOL_PREFIX, KEEPALIVE_REPLY, KEEPALIVE_SEND, roomMessage, viewerMessage } from "../../protocol/viewer-messages.ts";

const id = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);

describe("sizes", () => {
  test("AC6 a text is measured in bytes of UTF-8, whatever is in it", () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("a\ud83d", "\ude00a", "🎨", "ж", "灯"),
    );
    fc.assert(
      fc.property(fc.array(anyText), fc.nat({ max: 3 }), (texts, n) => {
        const text = texts.join("");
        const bytes = new TextEncoder().encode(text).byteLength;
        for (const max of [bytes - n - 1, bytes - 1]) expect([max, fitsBytes(text, max)]).toEqual([max, false]);
        for (const max of [bytes, bytes + n, bytes * 3]) expect([max, fitsBytes(text, max)]).toEqual([max, true]);
      }),
    );
  });
});

describe("numbers", () => {
  test("EV2 every number of a trainer survives JSON, minus zero apart", () => {
    fc.assert(
      fc.property(fc.double(), (number) => {
        const wire = JSON.parse(JSON.stringify({ value: toWire(number) })) as { value: number | "NaN" };
        expect(fromWire(wire.value)).toBe(number === 0 ? 0 : number);
      }),
    );
  });

  test("EV2 no value is not NaN", () => {
    expect(fromWire(null)).toBeNull();
    expect(fromWire(undefined)).toBeNull();
  });
});

describe("positions", () => {
  test("VW3 every position can be written and read back", () => {
    fc.assert(
      fc.property(id, fc.nat({ max: 999_999_999_999_999 }), (log_id, offset) => {
        expect(parsePosition(formatPosition({ log_id, offset }))).toEqual({ log_id, offset });
      }),
    );
  });

  test("VW3 no text makes it throw, and what it takes is a position", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const position = parsePosition(text);
        if (position) {
          expect(position.log_id).toMatch(ID_PATTERN);
          expect(Number.isSafeInteger(position.offset)).toBe(true);
        }
      }),
    );
  });
});

describe("claims", () => {
  const valid = { sub: "somebody", role: "viewer", runs: "*", exp: 1_800_000_000 };

  test.each(["sub", "role", "runs", "exp"])("AC1 a token without %s says nothing", (name) => {
    expect(claims.safeParse({ ...valid, [name]: undefined }).success).toBe(false);
  });

  test.each([
    ["a role that there is not", { role: "admin" }],
    ["an end that is no number", { exp: "tomorrow" }],
    ["a pattern with a star inside", { runs: "a*b" }],
    ["no runs", { runs: [] }],
    ["more than 64 patterns", { runs: Array.from({ length: 65 }, (_, index) => `r${index}`) }],
    ["an empty subject", { sub: "" }],
  ])("AC1 refused: %s", (_name, change) => {
    expect(claims.safeParse({ ...valid, ...change }).success).toBe(false);
  });

  test("AC1 an id covers itself alone, a prefix whatever begins with it, in a list as well as alone", () => {
    fc.assert(
      fc.property(id, id, (pattern, run) => {
        expect(coversRun(pattern, run)).toBe(pattern === run);
        expect(coversRun(`${pattern}*`, run)).toBe(run.startsWith(pattern));
        expect(coversRun([pattern, `${run}*`], run)).toBe(true);
        expect(isRunId(run)).toBe(run !== "." && run !== "..");
      }),
    );
  });
});

describe("errors", () => {
  const entries = Object.entries(ERRORS) as [ErrorCode, (typeof ERRORS)[ErrorCode]][];
  const closing = entries.filter(([, entry]) => entry.close !== null);

  test("VW8 every close code stands in the table once", () => {
    const codes = closing.map(([, entry]) => entry.close);
    expect(new Set(codes).size).toBe(codes.length);
    for (const [name, entry] of closing) expect(closeName(entry.close ?? 0)).toBe(name);
  });

  test("VW8 close codes lie in our ranges, but for the platform's own for a frame that is too big", () => {
    for (const [name, { close }] of closing) {
      if (name === "frame_too_big") expect(close).toBe(1009);
      else expect(Number(close) >= 4000 && Number(close) < 4200).toBe(true);
    }
  });

  test("VW8 4000 to 4099 mean come back, 4100 to 4199 do not, with a new token at most", () => {
    for (let code = 4000; code < 4100; code++) expect(afterClose(code)).toMatch(/^reconnect/);
    for (let code = 4100; code < 4200; code++) expect(afterClose(code)).toBe(code === 4101 ? "refresh_token" : "stop");
  });

  test("VW8 every code is snake case, has a status of an error and words for people", () => {
    for (const [name, { http, message }] of entries) {
      expect(name).toMatch(/^[a-z]+(?:_[a-z]+)*$/);
      expect(http).toBeGreaterThanOrEqual(400);
      expect(http).toBeLessThan(600);
      expect(message.length).toBeGreaterThan(5);
      expect(failure(name)).toEqual({ ok: false, code: name, message });
    }
    expect(failure("not_found", "no such sample").message).toBe("no such sample");
  });
});

describe("events", () => {
  test("EV1 the latest-wins types are three, and known", () => {
    expect([...LATEST_WINS].sort()).toEqual(["sample_progress", "system_stats", "training_progress"]);
    for (const type of LATEST_WINS) expect(isKnownType(type)).toBe(true);
  });

  test("EV7 types that this version does not know pass with all of their fields, whatever these are", () => {
    const unknownType = fc.string({ minLength: 1, maxLength: 64 }).filter((type) => !isKnownType(type));
    fc.assert(
      fc.property(
        unknownType,
        fc.dictionary(
          fc.string().filter((name) => !["type", "timestamp", "offset"].includes(name)),
          fc.jsonValue(),
        ),
        (type, fields) => {
          const event = JSON.parse(JSON.stringify({ ...fields, type })) as AnyEvent;
          const parsed = parseEvent(event);
          expect(parsed.kind).toBe("unknown");
          if (parsed.kind === "unknown") expect(JSON.stringify(sorted(parsed.event))).toBe(JSON.stringify(sorted(event)));
        },
      ),
    );
  });

  test("EV7 a field that a type does not know passes with it", () => {
    for (const type of ["training_progress", "sample_progress", "system_stats", "run_info", "alert", "validation_result"]) {
      expect(parseEvent({ type, of_a_later_version: { deep: [1, null] } })).toEqual({
        kind: "known",
        event: { type, of_a_later_version: { deep: [1, null] } },
      });
    }
  });

  test("EV7 no value whatever makes the check of an event throw", () => {
    fc.assert(fc.property(fc.anything(), (value) => ["known", "unknown", "invalid"].includes(parseEvent(value).kind)));
  });

  test("EV7 metrics hold as many series as a run may have, and no more", () => {
    const wide = (count: number) => ({
      type: "metrics",
      steps: [1],
      series: Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, [1]])),
    });
    expect(parseEvent(wide(SERIES_PER_RUN)).kind).toBe("known");
    expect(parseEvent(wide(SERIES_PER_RUN + 1)).kind).toBe("invalid");
  });

  test("AC6 however many elements of a message are wrong, one is said, and nothing throws", () => {
    const many = <T>(value: T) => Array.from({ length: 300_000 }, () => value);
    const named = (value: unknown) => Object.fromEntries(many(value).map((each, index) => [`k${index}`, each]));
    for (const event of [
      { type: "metrics", steps: many(""), series: {} },
      { type: "metrics", steps: [], series: { loss: many("") } },
      { type: "metrics", steps: [], series: named(1) },
      { type: "metrics", steps: [1], series: [[1]] },
      { type: "metrics", steps: [1], series: { "": [1] } },
      { type: "metrics", steps: [1.5], series: {} },
      { type: "system_stats", gpus: many(1) },
      { type: "system_stats", gpus: [{ throttle_reasons: many(1) }] },
      { type: "run_info", gpus: many(1) },
    ]) {
      const parsed = parseEvent(event);
      expect([parsed.kind, parsed.kind === "invalid" && parsed.reason.length <= ERROR_MESSAGE_MAX]).toEqual(["invalid", true]);
      expect(eventSchemas[event.type as "metrics"].safeParse(event).error?.issues).toHaveLength(1);
    }
    const envelope = { n: 1, t: 0 };
    for (const message of [
      { type: "scalars", ...envelope, rows: many(1) },
      { type: "dropped", ...envelope, counts: named("") },
      { type: "dropped", ...envelope, counts: named(1) },
      { type: "dropped", ...envelope, counts: { ["t".repeat(65)]: 1 } },
    ]) {
      expect(hookMessage.safeParse(message).error?.issues).toHaveLength(1);
    }
    expect(hookMessage.safeParse({ type: "dropped", ...envelope, counts: { progress: 3, log: 1 } }).success).toBe(true);
  });

  test("AC6 an event may nest so deep and no deeper, in objects and in lists", () => {
    const nested = (levels: number, wrap: (inner: unknown) => unknown) => {
      let value: unknown = 1;
      for (let level = 0; level < levels; level++) value = wrap(value);
      return value;
    };
    for (const wrap of [(inner: unknown) => [inner], (inner: unknown) => ({ inner })]) {
      expect(parseEvent({ type: "x", deep: nested(JSON_DEPTH_MAX - 1, wrap) }).kind).toBe("unknown");
      expect(parseEvent({ type: "x", deep: nested(JSON_DEPTH_MAX, wrap) }).kind).toBe("invalid");
      expect(parseEvent({ type: "x", deep: nested(200_000, wrap) }).kind).toBe("invalid");
    }
  });

  test("EV7 every known event is an event like any other", () => {
    for (const schema of Object.values(eventSchemas))
      expect(Object.keys(anyEvent.shape).every((field) => field in schema.shape)).toBe(true);
  });
});

describe("messages", () => {
  test("VW1 the seed's messages fit, whatever a ping carries", () => {
    for (const message of [
      { type: "subscribe", events: ["training_progress", "of_a_later_version"] },
      { type: "unsubscribe", events: ["log"] },
      { type: "ping", timestamp: 1_790_000_000.5 },
      { type: "ping", timestamp: "2026-11-23T12:00:00Z" },
      { type: "ping" },
    ]) {
      expect(viewerMessage.safeParse(message).success).toBe(true);
    }
  });

  test("VW1 too many names, names that are too long and no names at all are refused", () => {
    const names = (count: number, length = 3) => ({ type: "subscribe", events: Array.from({ length: count }, () => "n".repeat(length)) });
    expect(viewerMessage.safeParse(names(64)).success).toBe(true);
    expect(viewerMessage.safeParse(names(65)).success).toBe(false);
    expect(viewerMessage.safeParse(names(1, 65)).success).toBe(false);
    expect(viewerMessage.safeParse(names(1, 0)).success).toBe(false);
    expect(viewerMessage.safeParse({ type: "subscribe" }).success).toBe(false);
  });

  test("VW2 what the room may send beside events fits, with fields of a later version", () => {
    for (const message of [
      { type: "batch", timestamp: "2026-11-23T12:00:00.000Z", events: [{ type: "log", offset: 3 }], through: 3, later: 1 },
      { type: "subscribed", events: [], all_subscriptions: ["*"] },
      { type: "pong", client_timestamp: null, server_timestamp: "2026-11-23T12:00:00.000Z" },
      { type: "renumbered", log_id: "x", from: 1 },
      { type: "error", code: "of_a_later_version", message: "no" },
    ]) {
      expect(roomMessage.safeParse(message).success).toBe(true);
    }
  });

  test("VW7 keep-alive and its answer are short JSON texts, as the platform's auto-response wants them", () => {
    expect(JSON.parse(KEEPALIVE_SEND)).toEqual({ type: "keepalive" });
    expect(roomMessage.parse(JSON.parse(KEEPALIVE_REPLY))).toEqual({ type: "keepalive_ack" });
    expect(KEEPALIVE_SEND.length + KEEPALIVE_REPLY.length).toBeLessThan(2048);
  });

  test("AC2 a token fits into the name of a sub-protocol", () => {
    expect(BEARER_SUBPROTOCOL_PREFIX).toMatch(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
  });

  test("PR1 a hello names its life and where it stands; its run_info is bounded", () => {
    const hello = { type: "hello", protocol: 1, life: "a", next_seq: 1, sent_seq: 0, agent: { name: "runcast", version: "0" } };
    expect(agentMessage.safeParse(hello).success).toBe(true);
    for (const change of [
      { protocol: 2 },
      { life: "" },
      { life: "l".repeat(LIFE_MAX_LENGTH + 1) },
      { next_seq: 0 },
      { sent_seq: -1 },
      { run_info: { config: "x".repeat(RUN_INFO_MAX) } },
    ]) {
      expect(agentMessage.safeParse({ ...hello, ...change }).success).toBe(false);
    }
  });

  test("PR2 a gap is answered with what was expected", () => {
    expect(roomToAgent.parse({ type: "error", code: "sequence_gap", message: "x", expected: 7 })).toMatchObject({ expected: 7 });
  });
});

/** Fields in one order: a schema puts the ones that it knows first. */
function sorted(object: Record<string, unknown>): [string, unknown][] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
}
