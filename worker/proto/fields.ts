import { type DescField, ScalarType } from "@bufbuild/protobuf";
import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { WireNumber } from "../../protocol/index.ts";

/** Writes a JSON value as one field, tag and all. @returns false, with nothing written, where the field cannot hold the value */
export type WriteField = (writer: BinaryWriter, value: unknown) => boolean;

/** How JSON values become those of one Protocol Buffers type. `read` gives undefined for a value that the type cannot hold. */
export type Kind<T> = { wire: WireType; read(value: unknown): T | undefined; write(writer: BinaryWriter, value: T): void };

/** The largest varint that the writer takes as a plain number. */
const UINT32_MAX = 0xffffffff;
/** The first moment that a Timestamp can hold, the year 1. */
const TIMESTAMP_MIN_MS = -62_135_596_800_000;

export const text: Kind<string> = {
  wire: WireType.LengthDelimited,
  read: (value) => (typeof value === "string" ? value : undefined),
  write: (writer, value) => writer.string(value),
};

const NON_FINITE: ReadonlyMap<unknown, number> = new Map<Exclude<WireNumber, number>, number>([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

/** EV2: the names of what is not finite become numbers again. */
export const double: Kind<number> = {
  wire: WireType.Bit64,
  read: (value) => (typeof value === "number" ? value : NON_FINITE.get(value)),
  write: (writer, value) => writer.double(value),
};

const bool: Kind<boolean> = {
  wire: WireType.Varint,
  read: (value) => (typeof value === "boolean" ? value : undefined),
  write: (writer, value) => writer.bool(value),
};

const KINDS: { [S in ScalarType]?: Kind<unknown> } = {
  [ScalarType.STRING]: text,
  [ScalarType.DOUBLE]: double,
  [ScalarType.BOOL]: bool,
  [ScalarType.UINT32]: integer(0, UINT32_MAX),
  [ScalarType.UINT64]: integer(0, Number.MAX_SAFE_INTEGER),
  [ScalarType.INT64]: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
};

/** Milliseconds since 1970. Only a text that comes back as it was: another one would be changed without anybody's knowing. */
export const timestamp: Kind<number> = {
  wire: WireType.LengthDelimited,
  read(value) {
    // 24 characters: the years from 0 to 9999.
    if (typeof value !== "string" || value.length !== 24) return undefined;
    const ms = Date.parse(value);
    return ms >= TIMESTAMP_MIN_MS && new Date(ms).toISOString() === value ? ms : undefined;
  },
  write(writer, ms) {
    const seconds = Math.floor(ms / 1000);
    writer.fork().tag(TimestampSchema.field.seconds.number, WireType.Varint);
    writeVarint(writer, seconds);
    writer.tag(TimestampSchema.field.nanos.number, WireType.Varint).int32((ms - seconds * 1000) * 1_000_000);
    writer.join();
  },
};

/** Any JSON value at all, as its text. */
const json: Kind<string> = { ...text, read: (value) => JSON.stringify(value) };

/** Integers as varints, of either sign: what `uint32`, `uint64` and `int64` have in common. */
function integer(min: number, max: number): Kind<number> {
  return {
    wire: WireType.Varint,
    read: (value) => (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max ? Number(value) : undefined),
    write: writeVarint,
  };
}

function writeVarint(writer: BinaryWriter, value: number): void {
  if (value >= 0 && value <= UINT32_MAX) writer.uint32(value);
  else writer.int64(value);
}

/** @param name of the field in the schema; one that ends in `_json` takes every value */
export function scalarKind(name: string, scalar: ScalarType): Kind<unknown> {
  const kind: Kind<unknown> | undefined = name.endsWith(JSON_SUFFIX) ? json : KINDS[scalar];
  if (!kind) throw new Error(`${name}: no event has had a field of this type yet`);
  return kind;
}

export const JSON_SUFFIX = "_json";

export function writeOne<T>(field: DescField, kind: Kind<T>): WriteField {
  return (writer, value) => {
    const content = kind.read(value);
    if (content === undefined) return false;
    kind.write(writer.tag(field.number, kind.wire), content);
    return true;
  };
}

/** All of a list, or nothing. An empty one is not written. */
export function writeList<T>(field: DescField, kind: Kind<T>): WriteField {
  return (writer, value) => {
    const contents = readAll(kind, value);
    if (contents === undefined) return false;
    if (contents.length === 0) return true;
    if (kind.wire === WireType.LengthDelimited) {
      for (const content of contents) kind.write(writer.tag(field.number, kind.wire), content);
      return true;
    }
    // Numbers are packed: one tag for all of them.
    writer.tag(field.number, WireType.LengthDelimited).fork();
    for (const content of contents) kind.write(writer, content);
    writer.join();
    return true;
  };
}

function readAll<T>(kind: Kind<T>, value: unknown): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const contents: T[] = [];
  for (const element of value) {
    const content = kind.read(element);
    if (content === undefined) return undefined;
    contents.push(content);
  }
  return contents;
}
