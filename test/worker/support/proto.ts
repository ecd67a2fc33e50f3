import { create, type DescField, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema, timestampMs } from "@bufbuild/protobuf/wkt";
import { toWire } from "../../../protocol/index.ts";
import { EventSchema, type Metrics_Series, RoomMessageSchema, ViewerMessageSchema } from "../../../worker/proto/runcast_v1_pb.ts";

/** The viewer's side of `runcast.v1.proto`: messages of the library, turned into the JSON that they stand for. */

type Fields = Record<string, unknown>;

const BODY = "body";
const EXTRA = "extra_json";
const JSON_SUFFIX = "_json";

export function fromRoom(frame: Uint8Array): Fields {
  return toJson(RoomMessageSchema, fromBinary(RoomMessageSchema, frame));
}

export function eventFromBinary(bytes: Uint8Array): Fields {
  return toJson(EventSchema, fromBinary(EventSchema, bytes));
}

/** @param message as a JSON viewer writes it */
export function toRoom({ type, ...fields }: Fields & { type: string }): Uint8Array {
  const value: Fields = { ...fields };
  if (type === "ping") value.timestamp = { case: typeof fields.timestamp === "number" ? "number" : "text", value: fields.timestamp };
  if (type === "ack") value.through = BigInt(fields.through as number);
  if (typeof fields.seed === "number") value.seed = BigInt(fields.seed);
  if ("negative_prompt" in fields) value.negativePrompt = fields.negative_prompt;
  return toBinary(ViewerMessageSchema, create(ViewerMessageSchema, { body: { case: type, value } as never }));
}

/** The same without what Protocol Buffers do not tell apart from what is absent: null, and no elements, in a field of the schema. */
export function withoutAbsent(json: Fields, desc: DescMessage = EventSchema): Fields {
  const body = desc.fields.find((field) => field.oneof?.name === BODY && field.name === json.type)?.message;
  const known = new Map([...desc.fields, ...(body?.fields ?? [])].map((field) => [field.name, field]));
  const kept = Object.entries(json).flatMap(([name, value]): [string, unknown][] => {
    const field = known.get(name) ?? known.get(`${name}${JSON_SUFFIX}`);
    if (field === undefined || field.name === EXTRA || field.oneof?.name === BODY) return [[name, value]];
    if (isAbsent(field, value)) return [];
    if (!field.message || field.message.typeName === TimestampSchema.typeName || field.name === "series") return [[name, value]];
    const whole = (one: unknown) => (isObject(one) ? withoutAbsent(one, field.message) : one);
    if (field.fieldKind !== "list") return [[name, whole(value)]];
    // A list that the field cannot hold is passed on as it is.
    return [[name, Array.isArray(value) && value.every(isObject) ? value.map(whole) : value]];
  });
  return Object.fromEntries(kept);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toJson(desc: DescMessage, message: object): Fields {
  return Object.fromEntries(desc.fields.flatMap((field) => entriesOf(field, message as Fields)));
}

function entriesOf(field: DescField, message: Fields): [string, unknown][] {
  const value = field.oneof ? memberOf(message, field) : message[field.localName];
  if (value === undefined || isAbsent(field, value)) return [];
  if (field.name === EXTRA) return Object.entries(JSON.parse(value as string));
  if (field.name.endsWith(JSON_SUFFIX)) return [[field.name.slice(0, -JSON_SUFFIX.length), JSON.parse(value as string)]];
  if (field.oneof?.name === BODY && field.message) return [["type", field.name], ...Object.entries(toJson(field.message, value as object))];
  return [[field.oneof?.name ?? field.name, contentOf(field, value, message)]];
}

/** Lists that a JSON message has even when they are empty. */
const ALWAYS: ReadonlySet<string> = new Set(["events", "all_subscriptions", "remaining_subscriptions", "steps", "series"]);

function isAbsent(field: DescField, value: unknown): boolean {
  if (value === null) return true;
  return field.fieldKind === "list" && Array.isArray(value) && value.length === 0 && !ALWAYS.has(field.name);
}

function memberOf(message: Fields, field: DescField): unknown {
  const chosen = message[field.oneof?.localName ?? ""] as { case?: string; value?: unknown };
  return chosen.case === field.localName ? chosen.value : undefined;
}

function contentOf(field: DescField, value: unknown, around: Fields): unknown {
  if (field.name === "series") return columns(value as Metrics_Series[], (around.steps as unknown[]).length);
  return Array.isArray(value) ? value.map((element) => elementOf(field, element)) : elementOf(field, value);
}

function elementOf(field: DescField, value: unknown): unknown {
  if (field.message?.typeName === TimestampSchema.typeName) return new Date(timestampMs(value as Timestamp)).toISOString();
  if (field.message) return toJson(field.message, value as object);
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" ? toWire(value) : value;
}

function columns(series: readonly Metrics_Series[], steps: number): Fields {
  const column = ({ values, present }: Metrics_Series) => {
    const left = values[Symbol.iterator]();
    const has = (step: number) => present === undefined || ((present[step >> 3] ?? 0) & (1 << (step & 7))) !== 0;
    return Array.from({ length: steps }, (_, step) => (has(step) ? toWire(left.next().value ?? Number.NaN) : null));
  };
  return Object.fromEntries(series.map((one) => [one.name, column(one)]));
}
