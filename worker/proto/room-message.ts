import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { timestamp } from "./fields.ts";
import { type JsonObject, shapeOf, writeMessage } from "./message.ts";
import { BatchSchema, EventSchema, RoomMessageSchema } from "./runcast_v1_pb.ts";

const event = shapeOf(EventSchema);
const roomMessage = shapeOf(RoomMessageSchema);

/** @param json an event of the log @returns an Event */
export function encodeEvent(json: JsonObject): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, event, json);
  return writer.finish();
}

/** @param json what JSON viewers are sent @returns a RoomMessage */
export function encodeRoomMessage(json: JsonObject): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, roomMessage, json);
  return writer.finish();
}

/**
 * The RoomMessage of a batch, around events that are written already.
 * @param now milliseconds since 1970
 */
export function encodeBatch(events: readonly Uint8Array[], through: number, now: number): Uint8Array {
  const writer = new BinaryWriter();
  timestamp.write(writer.tag(RoomMessageSchema.field.timestamp.number, timestamp.wire), now);
  writer.tag(RoomMessageSchema.field.batch.number, WireType.LengthDelimited).fork();
  for (const one of events) writer.tag(BatchSchema.field.events.number, WireType.LengthDelimited).bytes(one);
  writer.tag(BatchSchema.field.through.number, WireType.Varint).uint64(through);
  return writer.join().finish();
}
