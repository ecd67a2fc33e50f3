import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { series } from "./columns.ts";
import { JSON_SUFFIX, type Kind, scalarKind, timestamp, type WriteField, writeList, writeOne } from "./fields.ts";
import { Metrics_SeriesSchema } from "./runcast_v1_pb.ts";

/** A JSON object, as it is sent in the JSON modes. */
export type JsonObject = { readonly [name: string]: unknown };

/**
 * How JSON objects are written as one message of the schema. Written straight from JSON, by the names that both have, since an event is
 * at hand as JSON alone: making messages first would cost as much again.
 */
export type Shape = {
  fields: ReadonlyMap<string, WriteField>;
  /** The number of `extra_json`, null for a message without. */
  extra: number | null;
  /** Of Event and RoomMessage: what the flat JSON object is beside the fields above, by its `type`. */
  bodies: ReadonlyMap<string, { number: number; shape: Shape }> | null;
};

const EXTRA = `extra${JSON_SUFFIX}`;
const BODY = "body";
const shapes = new Map<DescMessage, Shape>();

/** @param desc a message of the schema */
export function shapeOf(desc: DescMessage): Shape {
  const known = shapes.get(desc);
  if (known) return known;
  const fields = new Map<string, WriteField>();
  for (const field of desc.fields) {
    if (field.name === EXTRA || field.oneof !== undefined) continue;
    fields.set(field.name.endsWith(JSON_SUFFIX) ? field.name.slice(0, -JSON_SUFFIX.length) : field.name, writeField(field));
  }
  const bodies = new Map<string, { number: number; shape: Shape }>();
  for (const oneof of desc.oneofs) {
    if (oneof.name === BODY) {
      for (const { name, number, message } of oneof.fields) if (message) bodies.set(name, { number, shape: shapeOf(message) });
      // The body's field says the type: it is written only where there is none.
      const writeType = fields.get("type");
      fields.set("type", (writer, value) => bodies.has(value as string) || (writeType?.(writer, value) ?? false));
    } else {
      const either = oneof.fields.map(writeField);
      fields.set(oneof.name, (writer, value) => either.some((write) => write(writer, value)));
    }
  }
  const extra = desc.fields.find((field) => field.name === EXTRA)?.number ?? null;
  const shape = { fields, extra, bodies: bodies.size > 0 ? bodies : null };
  shapes.set(desc, shape);
  return shape;
}

/** Writes the message without its tag and length. Whatever no field takes goes into `extra_json`. */
export function writeMessage(writer: BinaryWriter, shape: Shape, value: JsonObject): void {
  let left = writeFields(writer, shape, value, Object.keys(value));
  const body = shape.bodies?.get(value.type as string);
  if (body) {
    writer.tag(body.number, WireType.LengthDelimited).fork();
    left = writeFields(writer, body.shape, value, left);
    writer.join();
  }
  if (left.length === 0 || shape.extra === null) return;
  const extra = left.map((name) => `${JSON.stringify(name)}:${JSON.stringify(value[name])}`);
  writer.tag(shape.extra, WireType.LengthDelimited).string(`{${extra.join(",")}}`);
}

/** @returns the names of what was not written; a known field that is null is absent */
function writeFields(writer: BinaryWriter, shape: Shape, value: JsonObject, names: readonly string[]): string[] {
  const left: string[] = [];
  for (const name of names) {
    const content = value[name];
    if (content === undefined) continue;
    const write = shape.fields.get(name);
    if (write === undefined || (content !== null && !write(writer, content))) left.push(name);
  }
  return left;
}

function writeField(field: DescField): WriteField {
  switch (field.fieldKind) {
    case "scalar":
      return writeOne(field, scalarKind(field.name, field.scalar));
    case "message":
      return writeOne(field, messageKind(field.message));
    case "list":
      if (field.listKind === "scalar") return writeList(field, scalarKind(field.name, field.scalar));
      if (field.listKind === "message")
        return field.message === Metrics_SeriesSchema ? writeColumns(field) : writeList(field, messageKind(field.message));
  }
  throw new Error(`${field.name}: no event has had a field of this kind yet`);
}

function messageKind(desc: DescMessage): Kind<unknown> {
  if (desc.typeName === TimestampSchema.typeName) return timestamp;
  const shape = shapeOf(desc);
  const kind: Kind<JsonObject> = {
    wire: WireType.LengthDelimited,
    read: (value) => (isObject(value) ? value : undefined),
    write(writer, value) {
      writer.fork();
      writeMessage(writer, shape, value);
      writer.join();
    },
  };
  return kind;
}

/** `metrics.series`, which in JSON is an object with a list a series. */
function writeColumns(field: DescField): WriteField {
  const write = writeList(field, series);
  return (writer, value) => isObject(value) && write(writer, Object.entries(value));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
