import { type DescField, type DescMessage, fromBinary, ScalarType } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { roomMessage, welcome } from "../../protocol/index.ts";
import type { JsonObject } from "../../worker/proto/message.ts";
import { encodeEvent, encodeRoomMessage } from "../../worker/proto/room-message.ts";
import { EventSchema, RoomMessageSchema } from "../../worker/proto/runcast_v1_pb.ts";
import { encodeEvent as encodeLine, stampEvent } from "../../worker/run/log/line.ts";
import { codecOf, loadCodec } from "../../worker/run/viewers/codecs.ts";
import { eventFromBinary, fromRoom, withoutAbsent } from "./support/proto.ts";

const text = fc.string({ unit: "binary" });
const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom("NaN", "Infinity", "-Infinity"));
const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom("0000-01-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2026-11-01T00:00:00Z", "now"),
);
const SCALARS: { [S in ScalarType]?: fc.Arbitrary<unknown> } = {
  [ScalarType.STRING]: text,
  [ScalarType.DOUBLE]: number,
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.UINT32]: fc.oneof(fc.nat(), fc.maxSafeNat()),
  [ScalarType.UINT64]: fc.oneof(fc.nat(), fc.maxSafeNat()),
  [ScalarType.INT64]: fc.oneof(fc.integer(), fc.maxSafeInteger()),
};
const strange = fc.dictionary(text, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 });

/** Values of a field: such as fit, nulls, and now and then something else altogether. */
function valueOfField(field: DescField): fc.Arbitrary<unknown> {
  const { name, message } = field;
  const one = name.endsWith("_json")
    ? fc.jsonValue({ maxDepth: 3 })
    : message?.typeName === TimestampSchema.typeName
      ? time
      : message
        ? objectOf(message)
        : (SCALARS[field.scalar ?? ScalarType.STRING] ?? fc.constant(null));
  const fitting = field.fieldKind === "list" ? fc.array(one, { maxLength: 4 }) : one;
  return fc.oneof({ weight: 8, arbitrary: fitting }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) }, fc.constant(null));
}

function objectOf(desc: DescMessage): fc.Arbitrary<JsonObject> {
  const named = desc.fields
    .filter(({ name }) => name !== "extra_json")
    .map((field) => [field.name.replace(/_json$/, ""), valueOfField(field)]);
  return fc.tuple(strange, fc.record(Object.fromEntries(named), { requiredKeys: [] })).map(([more, known]) => ({ ...more, ...known }));
}

/** `metrics` as the room lets it pass: columns as long as the steps. */
const metrics = fc.array(fc.maxSafeInteger(), { maxLength: 40 }).chain((steps) => {
  const column = fc.array(fc.oneof(number, fc.constant(null)), { minLength: steps.length, maxLength: steps.length });
  return fc.dictionary(text, column, { maxKeys: 4 }).map((series) => ({ type: "metrics", steps, series }));
});
const known = EventSchema.oneofs
  .flatMap((body) => body.fields)
  .filter(({ name }) => name !== "metrics")
  .map(({ name, message }) => (message ? objectOf(message).map((fields) => ({ ...fields, type: name })) : fc.constant({ type: name })));
const event = fc
  .tuple(
    fc.oneof(
      metrics,
      ...known,
      strange.chain((fields) => text.map((type) => ({ ...fields, type }))),
    ),
    time,
    fc.maxSafeNat(),
  )
  .map(([fields, timestamp, offset]) => JSON.parse(JSON.stringify({ ...fields, timestamp, offset })) as JsonObject);

/** Objects as sorted entries: a field may be called `__proto__`. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, field]) => [name, canonical(field)]);
}

describe("events in Protocol Buffers", () => {
  test("VW2 whatever an event holds comes out of Protocol Buffers as it went in", () => {
    fc.assert(
      fc.property(event, (json) => {
        expect(canonical(eventFromBinary(encodeEvent(json)))).toEqual(canonical(withoutAbsent(json)));
      }),
      { numRuns: 1000 },
    );
  });

  test("VW2, EV2 a series with gaps has a bit for each step, and its values without the gaps", () => {
    const series = { loss: [1, "NaN", 2], "val/loss": [null, null, 0.5], never: [null, null, null] };
    const json = { type: "metrics", offset: 1, steps: [10, 11, 12], series };
    expect(eventFromBinary(encodeEvent(json))).toEqual(json);
    const sparse = { type: "metrics", steps: Array.from({ length: 800 }, (_, i) => i), series: { s: Array(800).fill(null) } };
    const without = encodeEvent({ ...sparse, series: {} }).length;
    expect(encodeEvent(sparse).length - without).toBeLessThan(800 / 8 + 16);
  });

  test.each(["0000-01-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2026-11-01T00:00:00Z", "2026-11-01T01:00:00.000+01:00"])(
    "VW2 a time that a Timestamp cannot hold, or would not give back as it was, stays a text: %s",
    (timestamp) => {
      const event = fromBinary(EventSchema, encodeEvent({ type: "log", timestamp }));
      expect(event.timestamp).toBeUndefined();
      expect(JSON.parse(event.extraJson ?? "")).toEqual({ timestamp });
    },
  );

  test("VW2 half a surrogate pair, which UTF-8 cannot hold, becomes the replacement character", () => {
    expect(eventFromBinary(encodeEvent({ type: "log", message: "a\ud83d" }))).toEqual({ type: "log", message: "a\ufffd", offset: 0 });
  });

  test("VW2 a message with a field that the schema does not name has it in extra_json", () => {
    const error = { type: "error", code: "forbidden", message: "no", id: "c1", expected: 7 };
    expect(fromRoom(encodeRoomMessage(error))).toEqual(error);
  });

  test("VW2 every message has an extra_json, but for the bodies, whose is that of the message around them, and columns", () => {
    const nested = new Set<DescMessage>([RoomMessageSchema]);
    const bodies = new Set<DescMessage>();
    const visit = (desc: DescMessage): void => {
      for (const { message, oneof } of desc.fields) {
        if (!message || nested.has(message) || bodies.has(message)) continue;
        (oneof?.name === "body" ? bodies : nested).add(message);
        visit(message);
      }
    };
    visit(RoomMessageSchema);
    expect(bodies.size).toBeGreaterThan(15);
    const without = [...nested].filter((desc) => !desc.fields.some(({ name }) => name === "extra_json")).map(({ typeName }) => typeName);
    expect(without.sort()).toEqual(["google.protobuf.Timestamp", "runcast.v1.Metrics.Series"]);
  });

  test("VW2, AC4, AC6 every message to a viewer is in the schema, with each of its fields, limits and the token's end among them", () => {
    const named = (desc: DescMessage | undefined) => new Set(desc?.fields.map(({ name, oneof }) => oneof?.name ?? name));
    const body = (type: string) => RoomMessageSchema.fields.find(({ name, oneof }) => oneof?.name === "body" && name === type)?.message;
    const missing = (desc: DescMessage | undefined, shape: object) =>
      Object.keys(shape).filter((name) => !["type", "timestamp"].includes(name) && !named(desc).has(name));
    const messages = roomMessage.options.map(({ shape }) => ({ type: shape.type.value, shape }));
    // That one is a text frame in this mode too.
    const binary = messages.filter(({ type }) => type !== "keepalive_ack");
    expect(binary.filter(({ type }) => body(type) === undefined)).toEqual([]);
    expect(binary.flatMap(({ type, shape }) => missing(body(type), shape).map((name) => `${type}.${name}`))).toEqual([]);
    const limits = body("welcome")?.fields.find(({ name }) => name === "limits")?.message;
    expect(missing(limits, welcome.shape.limits.shape)).toEqual([]);
  });

  test("VW2 an event is read and written once, however many groups want it", async () => {
    await loadCodec("proto");
    const line = encodeLine(stampEvent({ type: "log", level: "info", message: "once" }, 1, 0));
    const [first] = codecOf("proto").frames([line], 1, 0);
    line.json = "no JSON any more";
    expect(codecOf("proto").frames([line], 1, 0)).toEqual([first]);
  });
});
